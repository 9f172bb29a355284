package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// quiet is a system that logs nothing, and counts its dead letters.
func quiet() (system *actor.ActorSystem, dead *atomic.Int64) {
	system, dead = actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })), new(atomic.Int64)
	system.EventStream.Subscribe(func(event any) {
		if letter, is := event.(*actor.DeadLetterEvent); is {
			if _, expected := letter.Message.(actor.IgnoreDeadLetterLogging); !expected {
				dead.Add(1)
			}
		}
	})
	return system, dead
}

// crowd is children that close when they are asked, and when that was.
type crowd struct {
	mu    sync.Mutex
	asked []time.Time
	pids  []*actor.PID
}

func (c *crowd) Receive(ctx actor.Context) {
	if _, is := ctx.Message().(*messages.Close); is {
		c.mu.Lock()
		c.asked = append(c.asked, time.Now())
		c.mu.Unlock()
		ctx.Send(ctx.Parent(), &child.Finished{Conn: ctx.Self(), Clean: true})
	}
}

// drains runs a test in virtual time with a tree of so many children.
func drains(t *testing.T, children int, test func(*testing.T, *Supervisor, *crowd)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		system, dead := quiet()
		sup, err := Start(system)
		if err != nil {
			t.Fatal(err)
		}
		c := &crowd{}
		for range children {
			pid, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return c }))
			if err != nil {
				t.Fatal(err)
			}
			c.pids = append(c.pids, pid)
		}
		synctest.Wait()
		test(t, sup, c)
		<-sup.done
		synctest.Wait()
		if n := dead.Load(); n > 0 {
			t.Errorf("%d dead letters", n)
		}
		pass(2 * time.Second) // protoactor counts dead letters for a second
	})
}

// However few or many there are, and however long it takes, no tenth of the time has
// much more than a tenth of the closes, and none comes after it.
func TestDrainSpreads(t *testing.T) {
	for _, n := range []int{0, 1, 2, 10, DefaultShards, 2*DefaultShards + 1, 1000} {
		for _, over := range []time.Duration{0, 1, time.Second, time.Minute, 24 * time.Hour} {
			t.Run(fmt.Sprintf("%d over %v", n, over), func(t *testing.T) {
				drains(t, n, func(t *testing.T, sup *Supervisor, c *crowd) { spreads(t, sup, c, n, over) })
			})
		}
	}
}

func spreads(t *testing.T, sup *Supervisor, c *crowd, n int, over time.Duration) {
	began := time.Now()
	result, err := sup.Drain(t.Context(), messages.Drain{Over: over})
	if took := time.Since(began); err != nil || result != (messages.Drained{Clean: n}) || took > over {
		t.Errorf("got %+v, %v, after %v", result, err, took)
	}
	var tenths [10]int
	for _, at := range c.asked {
		tenths[min(int(10*at.Sub(began)/max(over, 1)), 9)]++
	}
	if most := slices.Max(tenths[:]); over >= time.Second && most > n/10+n/20+2 {
		t.Errorf("in tenths %v", tenths)
	}
}

// One that never comes to its end goes on until it is cut off, which is what a further
// one is for; what makes no sense is refused meanwhile too, and changes nothing.
func TestDrainOverNever(t *testing.T) {
	drains(t, 100, func(t *testing.T, sup *Supervisor, c *crowd) {
		first := make(chan messages.Drained)
		go func() {
			result, err := sup.Drain(context.Background(), messages.Drain{Over: math.MaxInt64})
			if err != nil {
				t.Error(err)
			}
			first <- result
		}()
		pass(time.Hour)
		for _, m := range []messages.Drain{{Over: -1}, {Timeout: -1}, {Over: 2, Timeout: 1}, {Code: 1005}} {
			if _, err := sup.Drain(context.Background(), m); err == nil {
				t.Errorf("%+v is taken", m)
			}
		}
		soon, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		began := time.Now()
		result, err := sup.Drain(soon, messages.Drain{})
		e, is := as[*StopError](err)
		if forced := 100 - len(c.asked); !is || e.Forced != forced || forced < 98 || time.Since(began) != time.Hour {
			t.Errorf("got %+v, %v, after %v", result, err, time.Since(began))
		}
		if got := <-first; got != result {
			t.Errorf("the first got %+v, the second %+v", got, result)
		}
	})
}

// Its timeout is from the first, and all who asked are answered alike.
func TestDrainsAtTheSameTime(t *testing.T) {
	drains(t, 1000, func(t *testing.T, sup *Supervisor, c *crowd) {
		answers := make(chan *messages.Drained, 3)
		root := sup.System().Root
		asker := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if m, is := ctx.Message().(*messages.Drained); is {
				answers <- m
			}
		}))
		defer root.Stop(asker)
		began := time.Now()
		root.RequestWithCustomSender(sup.PID(), &messages.Drain{Over: time.Minute}, asker)
		pass(10 * time.Second)
		root.RequestWithCustomSender(sup.PID(), &messages.Drain{Over: -1}, asker)
		root.RequestWithCustomSender(sup.PID(), &messages.Drain{Timeout: 1}, asker)
		if m := <-answers; m.Err == nil || !sup.Stopping() {
			t.Errorf("got %+v", m)
		}
		if err := sup.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if m := <-answers; *m != (messages.Drained{Clean: 1000}) {
				t.Errorf("got %+v", m)
			}
		}
		if took := time.Since(began); took > time.Minute || took < 59*time.Second {
			t.Errorf("took %v", took)
		}
		if _, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return c })); err == nil {
			t.Error("one joins")
		}
	})
}

// Who ends before its turn comes is not asked, and counts as it ended.
func TestDrainOfWhoHasEnded(t *testing.T) {
	drains(t, 100, func(t *testing.T, sup *Supervisor, c *crowd) {
		go func() {
			pass(time.Second)
			for _, pid := range c.pids[:50] {
				sup.System().Root.Send(pid, &messages.Close{}) // by the user
			}
		}()
		result, err := sup.Drain(t.Context(), messages.Drain{Over: time.Hour})
		if err != nil || result != (messages.Drained{Clean: 100}) || len(c.asked) != 100 {
			t.Errorf("got %+v, %v, %d were asked", result, err, len(c.asked))
		}
	})
}
