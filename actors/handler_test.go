package actors_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A handler that panics harms its own connection only: the socket is closed, the
// handler is fresh, and the policy says when to reconnect.
func TestHandlerPanic(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, others := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, others)

		events, made := wstest.NewRecorder(), 0
		events.Before(func(event any) {
			if e, ok := event.(*messages.Received); ok && string(e.Data) == "boom" {
				panic("boom")
			}
		})
		conn := connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			made++
			return events.Handler()
		}))
		wstest.Next[*messages.Opened](t, events)
		for _, text := range []string{"boom", "after"} {
			if err := conn.Send(messages.Text(text)); err != nil {
				t.Fatal(err)
			}
		}
		event := wstest.Next[any](t, events)
		if e, ok := event.(*messages.Received); ok { // it may have come before the socket was closed
			if string(e.Data) != "after" {
				t.Fatalf("got %s", wstest.Describe(e))
			}
			event = wstest.Next[any](t, events)
		}
		var failure *messages.HandlerError
		if e, ok := event.(*messages.Failed); !ok || !errors.As(e.Err, &failure) || failure.Reason != "boom" {
			t.Fatalf("got %s", wstest.Describe(event))
		}
		if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseInternalError || !e.WillRetry {
			t.Fatalf("got %s", wstest.Describe(e))
		}
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 {
			t.Fatalf("got %s", wstest.Describe(e))
		}
		if made != 2 {
			t.Fatalf("%d handlers made", made)
		}
		others.None(t)
	})
}

// A handler that cannot even start does not spin: it is tried twice, once at
// once, and then with the connection, at the pace of the policy.
func TestHandlerThatCannotStart(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		started := 0
		connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if _, ok := ctx.Message().(*actor.Started); ok {
					started++
					panic("no")
				}
			})
		}))
		pass(10*supervisor.DefaultDelay + supervisor.DefaultDelay/2)
		synctest.Wait()
		if started < 11 || started > 22 {
			t.Fatalf("started %d times in 10 delays", started)
		}
	})
}

func TestHandlerProducerThatPanics(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		made, events := 0, wstest.NewRecorder()
		connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			made++
			if made == 1 {
				panic("not yet")
			}
			return events.Handler()
		}))
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 {
			t.Fatalf("got %s", wstest.Describe(e))
		}
	})
}

// The handler is the connection's child and outlives its sockets.
func TestHandlerOutlivesSockets(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		made, stopped := 0, 0
		parents := make(chan *actor.PID, 10)
		conn := connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			made++
			return actor.ReceiveFunc(func(ctx actor.Context) {
				switch ctx.Message().(type) {
				case *messages.Opened:
					parents <- ctx.Parent()
				case *actor.Stopped:
					stopped++
				}
			})
		}))
		for range 5 {
			if parent := <-parents; !parent.Equal(conn.PID()) {
				t.Fatalf("parent %v", parent)
			}
			server.Cut()
		}
		if made != 1 || stopped != 0 {
			t.Fatalf("%d made, %d stopped", made, stopped)
		}
		if err := conn.Close(0, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if stopped != 1 {
			t.Fatalf("%d stopped", stopped)
		}
	})
}

func TestHandlerThatStopsItselfClosesTheConnection(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if _, ok := ctx.Message().(*messages.Opened); ok {
					ctx.Stop(ctx.Self())
				}
			})
		}))
		synctest.Wait()
		if n := sup.Running(); n != 0 {
			t.Fatalf("%d connections left", n)
		}
	})
}

// Late events of a slow handler are not lost with its connection.
func TestSlowHandlerGetsItsLastClosed(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		events := wstest.NewRecorder().Before(func(any) { pass(time.Second) })
		conn := connectTo(t, sup, server, actors.WithHandler(events.Handler))
		for range 10 {
			_ = conn.Send(messages.Text("x"))
		}
		wstest.Next[*messages.Opened](t, events)
		_ = conn.Send(messages.Text("x"))
		pass(time.Second)
		_ = conn.Close(0, "")
		if e := events.Last(t); !e.Clean {
			t.Fatalf("got %s", wstest.Describe(e))
		}
	})
}

func TestCallbacks(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		calls := make(chan string, 10)
		connectTo(t, sup, server, actors.WithCallbacks(actors.Callbacks{
			OnOpen: func(c *actors.Conn, e *messages.Opened) {
				calls <- "open"
				if err := c.Send(messages.Text("hello")); err != nil {
					t.Error(err)
				}
			},
			OnMessage: func(c *actors.Conn, e *messages.Received) {
				calls <- string(e.Data)
				if e.Epoch == 1 {
					server.Cut()
					return
				}
				_ = c.Close(0, "")
			},
			OnError: func(c *actors.Conn, e *messages.Failed) { calls <- "error" },
			OnClose: func(c *actors.Conn, e *messages.Closed) { calls <- "close" },
		}))
		for _, want := range []string{"open", "hello", "error", "close", "open", "hello", "close"} {
			if got := <-calls; got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	})
}
