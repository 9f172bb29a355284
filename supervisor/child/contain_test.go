package child

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.uber.org/goleak"

	"github.com/sockvisor/sockvisor/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines is a slog.Handler that keeps what is logged, as text, of Warn and more.
type lines struct {
	mu    sync.Mutex
	all   []string
	panic bool // instead
}

func (l *lines) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *lines) WithGroup(string) slog.Handler                    { return l }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	if l.panic {
		panic("logger")
	}
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
	return nil
}

// take returns the lines since it was last called.
func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// contained runs a test in virtual time with a system whose log is kept.
func contained(t *testing.T, test func(t *testing.T, c *Contained, log *lines)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) }) // of the timers
		log := &lines{}
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(log) }))
		test(t, Contain(system), log)
	})
}

// noted is an actor that notes what it gets.
func noted(c *Contained, options ...actor.PropsOption) (pid *actor.PID, got *[]any) {
	got = new([]any)
	pid = c.root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		*got = append(*got, ctx.Message())
	}, options...))
	return pid, got
}

// The methods do what those of protoactor do.
func TestContainedSendsAndStops(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		for name, end := range map[string]func(*actor.PID){"stop": c.Stop, "poison": c.Poison} {
			pid, got := noted(c)
			c.Send(pid, "hello")
			synctest.Wait()
			end(pid)
			synctest.Wait()
			if len(*got) < 3 || (*got)[1] != "hello" {
				t.Errorf("%s: got %v", name, *got)
			} else if _, ok := (*got)[len(*got)-1].(*actor.Stopped); !ok {
				t.Errorf("%s: at last %T", name, (*got)[len(*got)-1])
			}
		}
		if all := log.take(); len(all) != 0 {
			t.Errorf("logged %q", all)
		}
	})
}

// A subscriber that panics is logged, with where it was, and who sends, stops or publishes
// goes on.
func TestContainedPanics(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		defer c.system.EventStream.Unsubscribe(c.system.EventStream.Subscribe(func(any) { panic("subscriber") }))
		nobody := c.system.NewLocalPID("nobody") // to whom all is a dead letter, and that an event
		for name, do := range map[string]func(){
			"send":    func() { c.Send(nobody, "lost") },
			"stop":    func() { c.Stop(nobody) },
			"poison":  func() { c.Poison(nobody) },
			"publish": func() { c.Publish("event") },
			"do":      func() { c.Do(func() { c.root.Send(nobody, "lost") }) },
		} {
			do()
			all := log.take()
			if len(all) != 1 || !strings.HasPrefix(all[0], "ERROR panic") || !strings.Contains(all[0], "contain_test.go:") {
				t.Errorf("%s: logged %q", name, all)
			}
		}
	})
}

// A logger that panics hurts nobody, and a panic whose place is not found is logged.
func TestContainedLogger(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		c.Crashed(&messages.HandlerError{Reason: "x"}, slog.String("conn", "$1"))
		if all := log.take(); len(all) != 1 || !strings.Contains(all[0], "conn=$1") || strings.Contains(all[0], " at=") {
			t.Errorf("logged %q", all)
		}
		log.panic = true
		c.Log(slog.LevelError, "text")
		c.Do(func() { panic("x") })
		log.panic = false
	})
}

// Who has a steady mailbox and panics goes on, as it was.
func TestSteadyMailbox(t *testing.T) {
	contained(t, func(t *testing.T, c *Contained, log *lines) {
		starts, handled := 0, 0
		pid := c.root.Spawn(actor.PropsFromProducer(func() actor.Actor {
			starts++
			return actor.ReceiveFunc(func(ctx actor.Context) {
				switch ctx.Message().(type) {
				case *actor.Started, string:
					panic("bug")
				case int:
					handled++
				}
			})
		}, c.Mailbox()))
		c.Send(pid, "message")
		c.Send(pid, 1)
		synctest.Wait()
		if all := log.take(); starts != 1 || handled != 1 || len(all) != 2 {
			t.Errorf("%d starts, handled %d, logged %q", starts, handled, all)
		}
		c.Stop(pid)
		synctest.Wait()
	})
}
