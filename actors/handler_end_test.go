package actors_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// badEnds are handlers that do not end as they should, and how long a connection waits
// for each.
func badEnds(release <-chan struct{}) map[string]struct {
	receive func(actor.Context)
	takes   time.Duration
} {
	type end = struct {
		receive func(actor.Context)
		takes   time.Duration
	}
	child := actor.PropsFromFunc(func(ctx actor.Context) {
		if _, ok := ctx.Message().(*actor.Started); ok {
			<-release
		}
	})
	good := actor.PropsFromFunc(func(actor.Context) {})
	return map[string]end{
		"panics in Stopping": {func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Stopping); ok {
				panic("stopping")
			}
		}, 0},
		"panics in Stopped": {func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Stopped); ok {
				panic("stopped")
			}
		}, 0},
		"panics at all of its end, with children": {func(ctx actor.Context) {
			switch ctx.Message().(type) {
			case *actor.Started:
				ctx.Spawn(good)
				ctx.Spawn(good)
			case *actor.Stopping, *actor.Stopped, *actor.Terminated, *messages.Closed:
				panic("over")
			}
		}, 0},
		"has a child that never stops": {func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				ctx.Spawn(child)
			}
		}, actors.DefaultCloseTimeout},
		"blocks in Stopping": {func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Stopping); ok {
				<-release
			}
		}, actors.DefaultCloseTimeout},
	}
}

// A connection ends whatever its handler does in its own end, and the place that it had
// is free.
func TestHandlersThatDoNotEnd(t *testing.T) {
	for name := range badEnds(nil) {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
				release := make(chan struct{})
				handler := badEnds(release)[name]
				tree := start(t)
				acceptor := actors.Accept(tree, actors.WithMaxConnections(1),
					actors.WithHandler(func() actor.Actor { return actor.ReceiveFunc(handler.receive) }))
				server.Become(wstest.HTTP(acceptor))
				for range 3 {
					conn, events := connect(t, clients, server)
					wstest.Next[*messages.Opened](t, events)
					began := time.Now()
					if e := closeAndWait(t, conn, events); !e.Clean {
						t.Errorf("got %s", wstest.Describe(e))
					}
					pass(handler.takes)
					synctest.Wait()
					if open, running := acceptor.Stats().Open, tree.Running(); open != 0 || running != 0 {
						t.Fatalf("%d open, %d running after %v", open, running, time.Since(began))
					}
				}
				conn, events := connect(t, clients, server)
				wstest.Next[*messages.Opened](t, events)
				synctest.Wait() // the server's side has a handler too
				began := time.Now()
				if err := tree.Stop(context.Background()); err != nil || time.Since(began) != handler.takes {
					t.Errorf("stopped after %v, %v", time.Since(began), err)
				}
				closeAndWait(t, conn, events)
				close(release)
				synctest.Wait()
			})
		})
	}
}

// Who watches a handler hears of its end too, and a handler that stops by itself and
// panics over it has stopped.
func TestWatchersOfHandlersThatPanicInTheirEnd(t *testing.T) {
	for _, name := range []string{"panics in Stopping", "panics in Stopped", "panics at all of its end, with children"} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				handlers := make(chan *actor.PID, 1)
				receive := badEnds(nil)[name].receive
				conn := connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
					return actor.ReceiveFunc(func(ctx actor.Context) {
						if _, ok := ctx.Message().(*messages.Opened); ok {
							handlers <- ctx.Self()
						}
						receive(ctx)
					})
				}))
				handler := <-handlers
				ended := make(chan struct{})
				watcher := sup.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
					switch ctx.Message().(type) {
					case *actor.Started:
						ctx.Watch(handler)
					case *actor.Terminated:
						close(ended)
					}
				}))
				synctest.Wait()
				sup.System().Root.Stop(handler)
				<-ended
				synctest.Wait()
				if state, n := conn.ReadyState(), sup.Running(); state != messages.StateClosed || n != 0 {
					t.Errorf("state %v, %d running", state, n)
				}
				sup.System().Root.Stop(watcher)
			})
		})
	}
}
