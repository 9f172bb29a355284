package actors_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// counted makes handlers that count themselves when they are collected.
type counted struct{ collected atomic.Int64 }

func (c *counted) handler(inner actor.Producer) actor.Producer {
	return func() actor.Actor {
		state := new([50 << 10]byte) // as large as what users keep
		runtime.AddCleanup(state, func(struct{}) { c.collected.Add(1) }, struct{}{})
		h := inner()
		return actor.ReceiveFunc(func(ctx actor.Context) {
			state[0]++
			h.Receive(ctx)
		})
	}
}

// await waits until n are collected. Most are at once; some only when what has hold of
// them for a moment, such as a timer, is over.
func (c *counted) await(t *testing.T, n int64) {
	t.Helper()
	for range 200 {
		if runtime.GC(); c.collected.Load() == n {
			return
		}
	}
	t.Errorf("%d of %d handlers are collected", c.collected.Load(), n)
}

// Whichever way a connection ends, nothing keeps its handler: neither the tree, which
// goes on, nor the Conn and the PID that somebody still has.
func TestWhatEndedIsCollected(t *testing.T) {
	closeNow := func(conn *actors.Conn, _ *supervisor.Supervisor) { _ = conn.Close(messages.CloseNormal, "") }
	nothing := func(*actors.Conn, *supervisor.Supervisor) {}
	for name, way := range map[string]struct {
		peer wstest.Peer
		end  func(*actors.Conn, *supervisor.Supervisor)
	}{
		"closed with a handshake": {wstest.Echo, closeNow},
		"closed by the peer":      {wstest.CloseWith(websocket.StatusNormalClosure, ""), nothing},
		"broken by the peer":      {wstest.Drop, nothing},
		"stopped": {wstest.Echo, func(conn *actors.Conn, sup *supervisor.Supervisor) {
			sup.System().Root.Stop(conn.PID())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onLoopback(t, way.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				const connections = 50
				var handlers counted
				var conns []*actors.Conn
				for range connections {
					events := wstest.NewRecorder()
					conn := connectTo(t, sup, server, actors.WithHandler(handlers.handler(events.Handler)),
						actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
					wstest.Next[*messages.Opened](t, events)
					way.end(conn, sup)
					events.Last(t)
					conns = append(conns, conn)
				}
				for sup.Running() > 0 {
					runtime.Gosched()
				}
				handlers.await(t, connections)
				runtime.KeepAlive(conns)
			})
		})
	}
}

// What a reader still delivers that its connection has gone on without, since code of
// the user's held it up, is for nobody: the handler has the Closed of its epoch.
func TestNothingComesAfterTheClosedOfItsEpoch(t *testing.T) {
	script := newScripted()
	inMemory(t, script.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		under, goOn := make(chan struct{}), make(chan struct{})
		slow := actors.IncomingFunc(func(m *messages.Received) *messages.Received {
			close(under)
			<-goOn
			return m
		})
		conn, events := connect(t, sup, server, actors.WithIncoming(slow), actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		write(t, <-script.conns, wstest.Frame(0x81, []byte("late")))
		<-under
		server.Cut()
		if err := conn.Send(messages.Text("finds that it is cut")); err != nil {
			t.Fatal(err)
		}
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		close(goOn)
		synctest.Wait()
		events.None(t)
		wstest.Next[*messages.Opened](t, events)
	})
}
