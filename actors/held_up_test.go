package actors_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// An Incoming that blocks for ever holds up nothing but its own socket's reader: the
// connection ends all the same.
func TestCloseOverAnIncomingThatBlocks(t *testing.T) {
	blocked := func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		release, in := make(chan struct{}), make(chan struct{}, 1)
		t.Cleanup(func() { close(release) })
		conn, events := connect(t, sup, server, actors.WithCloseTimeout(100*time.Millisecond),
			actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received {
				in <- struct{}{}
				<-release
				return m
			})))
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		<-in
		if e := closeAndWait(t, conn, events); e.WillRetry {
			t.Errorf("got %s", wstest.Describe(e))
		}
	}
	t.Run("memory", func(t *testing.T) { inMemory(t, wstest.Echo, blocked) })
	t.Run("loopback", func(t *testing.T) { onLoopback(t, wstest.Echo, blocked) })
}

// A handler that panics is restarted when its children have stopped. One of them never
// does: the connection ends without them, and its place is another's.
func TestHandlerInARestartThatNeverEnds(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		release := make(chan struct{})
		child := actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*actor.Started); ok {
				<-release
			}
		})
		tree := start(t)
		acceptor := actors.Accept(tree, actors.WithMaxConnections(1), actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				switch ctx.Message().(type) {
				case *actor.Started:
					ctx.Spawn(child)
				case *messages.Received:
					panic("a bug")
				}
			})
		}))
		server.Become(wstest.HTTP(acceptor))
		conn, events := connect(t, clients, server, actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
		wstest.Next[*messages.Opened](t, events)
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if open, running := acceptor.Stats().Open, tree.Running(); open != 0 || running != 0 {
			t.Errorf("%d open, %d running", open, running)
		}
		close(release)
		synctest.Wait()
	})
}

// A Reconnect that comes while a socket is just ending is not forgotten.
func TestReconnectWhileAnswering(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		server.Become(func(conn net.Conn) {
			server.Become(wstest.Echo)
			if _, err := wstest.Upgrade(conn); err == nil {
				_, _ = conn.Write(append(wstest.Frame(0x81, []byte("x")), wstest.Frame(0x88, []byte{3, 232})...))
				_, _ = conn.Read(make([]byte, 1)) // of the close frame
			}
		})
		release := make(chan struct{})
		events := wstest.NewRecorder().Before(func(event any) {
			if _, ok := event.(*messages.Received); ok {
				<-release
			}
		})
		conn := connectTo(t, sup, server, actors.WithHandler(events.Handler), actors.WithPolicy(supervisor.Fixed(time.Hour)))
		wstest.Next[*messages.Opened](t, events)
		synctest.Wait() // the handler has the message, and the close frame waits for it
		began := time.Now()
		conn.Reconnect()
		close(release)
		wstest.Next[*messages.Received](t, events)
		wstest.Next[*messages.Closed](t, events)
		wstest.Next[*messages.Opened](t, events)
		if waited := time.Since(began); waited > time.Minute {
			t.Errorf("waited %v", waited)
		}
		closeAndWait(t, conn, events)
	})
}
