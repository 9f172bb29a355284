package actors

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// An alarm rings at its time; one that may be early rings along with another; one
// that is cancelled does not.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := actor.NewActorSystem()
		c := newClock(system)
		began := time.Now()
		rings := make(chan time.Duration, 10)
		set := func(after, early time.Duration) *alarm {
			m := newMailbox().(*mailbox)
			conn := &Conn{config: &config{}, mailbox: m}
			m.init(conn)
			m.RegisterHandlers(&ringing{func() { rings <- time.Since(began) }}, actor.NewDefaultDispatcher(10))
			m.status.Store(idle)
			return c.set(conn, 1, after, early)
		}
		set(10*time.Second, 0)
		set(10*time.Second+time.Second, 2*time.Second)
		set(12*time.Second, 0)
		set(5*time.Second, 0).cancel()
		for _, want := range []time.Duration{10 * time.Second, 10 * time.Second, 12 * time.Second} {
			if got := <-rings; got != want {
				t.Errorf("rang after %v, want %v", got, want)
			}
		}
		c.stop()
		time.Sleep(time.Minute) // virtual: nothing rings any more, and protoactor's throttles end
		if len(rings) > 0 {
			t.Error("rang once too often")
		}
	})
}

// ringing is the invoker of a connection that only listens to the clock.
type ringing struct{ rang func() }

func (r *ringing) InvokeUserMessage(any)    { r.rang() }
func (r *ringing) InvokeSystemMessage(any)  {}
func (r *ringing) EscalateFailure(_, _ any) {}
