package actors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// lines is a slog.Handler that keeps what is logged, as text.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lines) WithGroup(string) slog.Handler            { return l }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Level.String() + " " + r.Message)
	r.Attrs(func(a slog.Attr) bool { b.WriteString(" " + a.String()); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, b.String())
	return nil
}

// with returns the lines of a level that have all of the words.
func (l *lines) with(level slog.Level, words ...string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		ok := strings.HasPrefix(line, level.String()+" ")
		for _, word := range words {
			ok = ok && strings.Contains(line, word)
		}
		if ok {
			found = append(found, line)
		}
	}
	return found
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// startLogging starts a tree that logs to a handler, and to whose EventStream nobody
// has subscribed.
func startLogging(t testing.TB, handler slog.Handler, options ...supervisor.Option) *supervisor.Supervisor {
	t.Helper()
	// Of many dead letters protoactor logs the number, on a goroutine of its own, where
	// nobody can contain a logger that panics.
	system := actor.NewActorSystem(actor.WithDeadLetterThrottleCount(math.MaxInt32), actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(handler) }))
	sup, err := supervisor.Start(system, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopInTime(t, sup) })
	return sup
}

func stopInTime(t testing.TB, sup *supervisor.Supervisor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := sup.Stop(ctx); err != nil || sup.Running() != 0 {
		t.Errorf("stop: %v, %d left", err, sup.Running())
	}
}

// logged is inMemory with a tree that logs.
func logged(t *testing.T, peer wstest.Peer, f func(*testing.T, *supervisor.Supervisor, *wstest.Server, *lines)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		server, log := wstest.Listen(peer), &lines{}
		t.Cleanup(server.Close)
		f(t, startLogging(t, log), server, log)
	})
}

// writesToANilMap is what the stack of a panic must name.
func writesToANilMap() { putX(nil) }

func putX(m map[string]int) { m["x"] = 1 }

// atPutX is where the log says that is.
func atPutX() string {
	at := reflect.ValueOf(putX).Pointer()
	file, line := runtime.FuncForPC(at).FileLine(at)
	return fmt.Sprintf("at=%s:%d ", file, line)
}

// A panic is reported with the file and the line of what panicked: in the Failed, and
// once in the log, with the names of the connection and its host, at Error. There nothing
// stands before the stack of what panicked.
func TestPanicHasItsStack(t *testing.T) {
	cases := map[string]struct {
		in      string
		options func() []actors.Option
	}{
		"handler": {"", func() []actors.Option { return nil }},
		"WithIncoming": {"WithIncoming", func() []actors.Option {
			return []actors.Option{actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received {
				writesToANilMap()
				return m
			}))}
		}},
		"WithOutgoing": {"WithOutgoing", func() []actors.Option {
			return []actors.Option{actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
				writesToANilMap()
				return o.Send
			}))}
		}},
		"WithOnOpen": {"WithOnOpen", func() []actors.Option {
			return []actors.Option{actors.WithOnOpen(func(uint64) []*messages.Send { writesToANilMap(); return nil })}
		}},
		"WithHeartbeatRule": {"WithHeartbeatRule", func() []actors.Option {
			return []actors.Option{actors.WithHeartbeatRule(func() actors.Heartbeat { writesToANilMap(); return nil })}
		}},
		"WithCorrelation": {"WithCorrelation", func() []actors.Option {
			return []actors.Option{actors.WithCorrelation(func(*messages.Received) (string, bool) { writesToANilMap(); return "", false }, 1)}
		}},
		"WithCredentials": {"WithCredentials", func() []actors.Option {
			return []actors.Option{actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
				writesToANilMap()
				return actors.Credentials{}, nil
			}, 0)}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
				events := wstest.NewRecorder()
				events.Before(func(event any) {
					if _, ok := event.(*messages.Received); ok && c.in == "" {
						writesToANilMap()
					}
				})
				conn := connectTo(t, sup, server, append(c.options(), actors.WithHandler(events.Handler),
					actors.WithPolicy(supervisor.Fixed(time.Hour)))...)
				_ = conn.Send(messages.Text("secret"))
				var failed *messages.HandlerError
				for failed == nil {
					if e, ok := events.Any(t).(*messages.Failed); ok {
						failed = as[*messages.HandlerError](t, e.Err)
					}
				}
				stack := string(failed.Stack)
				if failed.In != c.in || !strings.Contains(stack, "writesToANilMap") || !strings.Contains(stack, "panic_log_test.go:") {
					t.Errorf("in %q, stack:\n%s", failed.In, stack)
				}
				synctest.Wait()
				found := log.with(slog.LevelError, "nil map", "writesToANilMap", "conn="+conn.PID().Id, "epoch=1", c.in, "host=memory.test", atPutX())
				if len(found) != 1 || !begins(found[0]) {
					t.Errorf("logged %d times:\n%s", len(found), log)
				}
				if strings.Contains(log.String(), "secret") {
					t.Errorf("the log tells a secret:\n%s", log)
				}
			})
		})
	}
}

// begins reports whether a line's stack begins with what panicked.
func begins(line string) bool {
	_, stack, _ := strings.Cut(line, "]:\n")
	function, _, _ := strings.Cut(stack, "\n")
	function, _, _ = strings.Cut(function, "(")
	return strings.HasSuffix(function, ".putX")
}

func as[E error](t *testing.T, err error) (e E) {
	t.Helper()
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a %T", err, e)
	}
	return e
}
