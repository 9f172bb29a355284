package clock

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// plain is an Out that contains panics, as protoactor would not.
type plain struct{ root *actor.RootContext }

// Mailbox implements Out.
func (plain) Mailbox() actor.PropsOption {
	return actor.WithReceiverMiddleware(func(next actor.ReceiverFunc) actor.ReceiverFunc {
		return func(ctx actor.ReceiverContext, envelope *actor.MessageEnvelope) {
			defer func() { _ = recover() }()
			next(ctx, envelope)
		}
	})
}

func (p plain) Send(to *actor.PID, m any) { p.root.Send(to, m) }
func (p plain) Stop(who *actor.PID)       { p.root.Stop(who) }

func (r *rung) expect(t *testing.T, at ...time.Duration) {
	t.Helper()
	synctest.Wait()
	if !slices.Equal(r.at, at) {
		t.Errorf("rang at %v, want %v", r.at, at)
	}
}

// rung notes when it rings.
type rung struct {
	Alarm
	clock *Clock
	at    []time.Duration
	then  func()
}

// Ring implements Ringer.
func (r *rung) Ring() {
	r.at = append(r.at, r.clock.Now())
	if r.then != nil {
		r.then()
	}
}

// inBubble runs a test with a clock, in virtual time.
func inBubble(t *testing.T, test func(t *testing.T, c *Clock, alarm func() *rung)) {
	synctest.Test(t, func(t *testing.T) {
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		c := New(system, plain{system.Root})
		test(t, c, func() *rung {
			r := &rung{clock: c}
			r.Init(r)
			return r
		})
		c.Stop()
		time.Sleep(2 * time.Second) // protoactor counts dead letters for a second
	})
}

// An alarm rings at its time; one that may be early rings along with another; one that
// is cancelled does not.
func TestClock(t *testing.T) {
	inBubble(t, func(t *testing.T, c *Clock, alarm func() *rung) {
		first, early, last, cancelled := alarm(), alarm(), alarm(), alarm()
		c.Set(&last.Alarm, 12*time.Second, 0)
		c.Set(&first.Alarm, 10*time.Second, -time.Second)
		c.Set(&early.Alarm, 11*time.Second, 2*time.Second)
		c.Set(&cancelled.Alarm, 5*time.Second, 0)
		c.Cancel(&cancelled.Alarm)
		time.Sleep(time.Minute)
		first.expect(t, 10*time.Second)
		early.expect(t, 10*time.Second)
		last.expect(t, 12*time.Second)
		cancelled.expect(t)
		if c.Pending() != 0 {
			t.Errorf("%d are left", c.Pending())
		}
	})
}

// An alarm that is set again rings at the new time only, also from where it rings.
func TestSetAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, c *Clock, alarm func() *rung) {
		a := alarm()
		a.then = func() {
			a.then = nil
			c.Set(&a.Alarm, c.Now()+time.Second, 0)
		}
		c.Set(&a.Alarm, 10*time.Second, 0)
		c.Set(&a.Alarm, 3*time.Second, 0)
		time.Sleep(time.Minute)
		a.expect(t, 3*time.Second, 4*time.Second)
	})
}

// One that is never to ring keeps nobody else from it.
func TestNever(t *testing.T) {
	inBubble(t, func(t *testing.T, c *Clock, alarm func() *rung) {
		never, soon := alarm(), alarm()
		c.Set(&never.Alarm, math.MaxInt64, 0)
		c.Set(&soon.Alarm, time.Second, 0)
		time.Sleep(time.Hour)
		never.expect(t)
		soon.expect(t, time.Second)
	})
}

// A clock that has stopped rings nobody, and what comes too late is no news.
func TestStopped(t *testing.T) {
	inBubble(t, func(t *testing.T, c *Clock, alarm func() *rung) {
		a := alarm()
		c.Set(&a.Alarm, time.Second, 0)
		synctest.Wait()
		c.Stop()
		synctest.Wait()
		c.Set(&a.Alarm, 2*time.Second, 0)
		(&tick{}).IgnoreDeadLetterLogging()
		(&setting{}).IgnoreDeadLetterLogging()
		time.Sleep(time.Minute)
		a.expect(t)
		if c.Pending() != 0 || c.alarms != nil {
			t.Error("it keeps alarms")
		}
	})
}

// Who panics when it is rung keeps nobody else from being rung.
func TestPanicOfOne(t *testing.T) {
	inBubble(t, func(t *testing.T, c *Clock, alarm func() *rung) {
		broken, same, later := alarm(), alarm(), alarm()
		broken.then = func() { panic("boom") }
		c.Set(&broken.Alarm, time.Second, 0)
		c.Set(&same.Alarm, time.Second, 0)
		c.Set(&later.Alarm, time.Minute, 0)
		time.Sleep(time.Hour)
		broken.expect(t, time.Second)
		same.expect(t, time.Second)
		later.expect(t, time.Minute)
	})
}

// Owners on goroutines of their own, which set and cancel while the clock rings: what each
// has set last rings.
func TestOwnersAtOnce(t *testing.T) {
	system := actor.NewActorSystem()
	c := New(system, plain{system.Root})
	var owners sync.WaitGroup
	for range 8 {
		owners.Go(func() {
			a := &waker{rings: make(chan struct{}, 1)}
			a.Init(a)
			for range 300 {
				c.Set(&a.Alarm, c.Now()+time.Hour, 0)
				c.Set(&a.Alarm, c.Now()+10*time.Microsecond, time.Microsecond)
				c.Cancel(&a.Alarm)
				select { // of one that was about to ring
				case <-a.rings:
				default:
				}
				c.Set(&a.Alarm, c.Now(), 0)
				<-a.rings
			}
		})
	}
	owners.Wait()
	if err := system.Root.StopFuture(c.pid).Wait(); err != nil {
		t.Error(err)
	}
}

// waker wakes who waits for it.
type waker struct {
	Alarm
	rings chan struct{}
}

// Ring implements Ringer.
func (w *waker) Ring() {
	select {
	case w.rings <- struct{}{}:
	default: // it is awake
	}
}

// Thousands that are set, set again and cancelled in any order leave nothing behind, ring
// in the order of their times, and each knows its place meanwhile.
func TestAlarmsKeepTheirPlaces(t *testing.T) {
	var heap alarms
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]Alarm, 500)
	for range 20_000 {
		one := &all[random.IntN(len(all))]
		heap.remove(one)
		if random.IntN(3) > 0 {
			one.at = time.Duration(random.IntN(1000))
			heap.add(one)
		}
		for i, each := range heap {
			if each.place != i+1 {
				t.Fatalf("alarm %d is at %d", i+1, each.place)
			}
		}
	}
	last := time.Duration(0)
	for len(heap) > 0 {
		next := heap[0]
		if next.at < last {
			t.Fatalf("%v after %v", next.at, last)
		}
		last = next.at
		heap.remove(next)
	}
	for i := range all {
		if all[i].place != 0 {
			t.Errorf("%d believes that it is set", i)
		}
	}
}
