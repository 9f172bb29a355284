package actors

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
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
			m := newMailbox().(*connMailbox)
			conn := &Conn{config: &config{}, mailbox: m}
			m.init(conn)
			m.RegisterHandlers(&ringing{func() { rings <- time.Since(began) }}, actor.NewDefaultDispatcher(10))
			m.GiveBack()
			return c.set(conn, 1, after, early)
		}
		set(10*time.Second, 0)
		set(10*time.Second+time.Second, 2*time.Second)
		set(12*time.Second, 0)
		c.cancel(set(5*time.Second, 0))
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

// What an epoch has asked the clock for goes with it: thousands leave no alarms, though
// each was to ring a day later, and one that stays keeps its own.
func TestCancelledAlarmsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, err := supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })))
		if err != nil {
			t.Fatal(err)
		}
		connect := func(server *wstest.Server, opened func(*Conn)) *Conn {
			conn, err := Connect(sup, server.URL(), WithDialContext(server.DialContext), WithMaxAge(24*time.Hour, 0),
				WithHeartbeat(time.Hour, time.Hour), WithPolicy(supervisor.Fixed(time.Millisecond)),
				WithCallbacks(Callbacks{OnOpen: func(c *Conn, _ *messages.Opened) { opened(c) }}))
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		echo, drop := wstest.Listen(wstest.Echo), wstest.Listen(wstest.Drop)
		stays := connect(echo, func(*Conn) {})
		epochs := 0
		goes := connect(drop, func(*Conn) { epochs++ })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		clock := goes.tree.clock
		if epochs < 2000 || len(clock.alarms) > 4 { // two of each, at most
			t.Errorf("%d epochs have left %d alarms", epochs, len(clock.alarms))
		}
		for i, a := range clock.alarms {
			if a.place != i+1 {
				t.Errorf("alarm %d is at %d", i+1, a.place)
			}
		}
		for _, c := range []*Conn{stays, goes} {
			_ = c.Close(messages.CloseNormal, "")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(clock.alarms) > 0 {
			t.Errorf("%d alarms are left of nobody", len(clock.alarms))
		}
		if err := sup.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		echo.Close()
		drop.Close()
		time.Sleep(2 * time.Second) // protoactor counts dead letters for a second
	})
}

// ringing is the invoker of a connection that only listens to the clock.
type ringing struct{ rang func() }

func (r *ringing) InvokeUserMessage(any)    { r.rang() }
func (r *ringing) InvokeSystemMessage(any)  {}
func (r *ringing) EscalateFailure(_, _ any) {}
