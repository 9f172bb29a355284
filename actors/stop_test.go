package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// lifecycle counts what protoactor tells an actor of its life.
type lifecycle struct{ started, restarting, stopping, stopped int }

func (l *lifecycle) note(message any) {
	switch message.(type) {
	case *actor.Started:
		l.started++
	case *actor.Restarting:
		l.restarting++
	case *actor.Stopping:
		l.stopping++
	case *actor.Stopped:
		l.stopped++
	}
}

// A handler that stops itself and panics in the same message is not started again.
func TestAHandlerThatStopsAndPanics(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var l lifecycle
		conn := connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				l.note(ctx.Message())
				if _, is := ctx.Message().(*messages.Opened); is {
					ctx.Stop(ctx.Self())
					panic("and a bug")
				}
			})
		}))
		pass(time.Minute)
		synctest.Wait()
		if want := (lifecycle{started: 1, stopping: 1, stopped: 1}); l != want {
			t.Errorf("got %+v, want %+v", l, want)
		}
		if conn.ReadyState() != messages.StateClosed || sup.Running() != 0 {
			t.Errorf("%v, %d connections", conn.ReadyState(), sup.Running())
		}
	})
}

// A handler that panics over its last Closed, when its connection was stopped and can
// decide nothing any more, stops.
func TestAHandlerThatOutlivesItsConnection(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var l lifecycle
		var handler *actor.PID
		conn := connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				l.note(ctx.Message())
				handler = ctx.Self()
				if _, is := ctx.Message().(*messages.Closed); is {
					pass(time.Second) // the connection has stopped by then
					panic("on purpose")
				}
			})
		}))
		pass(time.Second)
		sup.System().Root.Stop(conn.PID())
		pass(time.Minute)
		synctest.Wait()
		if _, there := sup.System().ProcessRegistry.Get(handler); there || l.started != l.stopped {
			t.Errorf("it is there: %v, %+v", there, l)
		}
	})
}

// A restart that reaches a connection after its stop makes nothing.
func TestARestartAfterTheStop(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		process, _ := sup.System().ProcessRegistry.Get(conn.PID())
		process.Stop(conn.PID())
		process.SendSystemMessage(conn.PID(), &actor.Restart{})
		watched := make(chan *actor.PID, 1)
		sup.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case *actor.Started:
				process.SendSystemMessage(conn.PID(), &actor.Watch{Watcher: ctx.Self()})
			case *actor.Terminated:
				watched <- m.Who
				ctx.Stop(ctx.Self())
			}
		}))
		if who := <-watched; !who.Equal(conn.PID()) {
			t.Errorf("got %v", who)
		}
		pass(time.Minute)
		synctest.Wait()
		if conn.ReadyState() != messages.StateClosed || conn.Epoch() != 1 || sup.Running() != 0 {
			t.Errorf("%v, epoch %d, %d connections", conn.ReadyState(), conn.Epoch(), sup.Running())
		}
	})
}
