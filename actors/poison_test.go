package actors_test

import (
	"context"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// reads counts the messages that a peer reads, and then says how it was closed.
func reads(count chan<- int, closed chan<- websocket.StatusCode) wstest.Peer {
	return wstest.WebSocket(func(ws *websocket.Conn) {
		for n := 0; ; n++ {
			if _, _, err := ws.Read(context.Background()); err != nil {
				count <- n
				closed <- websocket.CloseStatus(err)
				return
			}
		}
	})
}

// What was sent before a Poison is written, as protoactor promises it to be handled:
// whether it comes bare, in an envelope, or with a future.
func TestPoisonIsAClose(t *testing.T) {
	const sends = 25_000
	ways := map[string]func(*supervisor.Supervisor, *actor.PID){
		"bare":        func(sup *supervisor.Supervisor, pid *actor.PID) { sup.System().Root.Poison(pid) },
		"with future": func(sup *supervisor.Supervisor, pid *actor.PID) { sup.System().Root.PoisonFuture(pid) },
		"in envelope": func(sup *supervisor.Supervisor, pid *actor.PID) {
			sup.System().Root.RequestWithCustomSender(pid, &actor.PoisonPill{}, sup.PID())
		},
	}
	for name, poison := range ways {
		t.Run(name, func(t *testing.T) {
			count, closed := make(chan int, 1), make(chan websocket.StatusCode, 1)
			inMemory(t, reads(count, closed), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server, actors.WithQueue(sends, 1<<20))
				wstest.Next[*messages.Opened](t, events)
				for range sends {
					if err := conn.Send(messages.Text("x")); err != nil {
						t.Fatal(err)
					}
				}
				poison(sup, conn.PID())
				if err := conn.Send(messages.Text("y")); !is[*messages.ClosedError](err) {
					t.Errorf("a send after it: %v", err)
				}
				if n, code := <-count, <-closed; n != sends || code != websocket.StatusNormalClosure {
					t.Errorf("peer read %d, closed with %v", n, code)
				}
				if e := events.Last(t); !e.Clean || e.Cause != messages.CauseAsked || e.Written != sends || e.Dropped != 0 {
					t.Errorf("got %s, %s, %d written, %d dropped", wstest.Describe(e), e.Cause, e.Written, e.Dropped)
				}
				gone(t, sup, conn, events)
			})
		})
	}
}

// A Poison ends a connection in whatever state it is, once, and who watches it hears.
func TestPoisonInEveryState(t *testing.T) {
	states := map[string]struct {
		peer wstest.Peer
		in   func(*testing.T, *actors.Conn, *wstest.Recorder)
	}{
		"dialling": {wstest.Frozen, func(*testing.T, *actors.Conn, *wstest.Recorder) {}},
		"open": {wstest.Echo, func(t *testing.T, _ *actors.Conn, events *wstest.Recorder) {
			wstest.Next[*messages.Opened](t, events)
		}},
		"down": {wstest.Drop, func(t *testing.T, _ *actors.Conn, events *wstest.Recorder) {
			wstest.Next[*messages.Opened](t, events)
			wstest.Next[*messages.Failed](t, events)
			wstest.Next[*messages.Closed](t, events)
		}},
		"closing": {wstest.Mute, func(t *testing.T, conn *actors.Conn, events *wstest.Recorder) {
			wstest.Next[*messages.Opened](t, events)
			_ = conn.Close(messages.CloseNormal, "")
		}},
	}
	for name, state := range states {
		t.Run(name, func(t *testing.T) {
			inMemory(t, state.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server)
				state.in(t, conn, events)
				if err := sup.System().Root.PoisonFuture(conn.PID()).Wait(); err != nil {
					t.Error(err)
				}
				if e := events.Last(t); e.Code != messages.CloseNormal || e.Cause != messages.CauseAsked {
					t.Errorf("got %s, %s", wstest.Describe(e), e.Cause)
				}
				gone(t, sup, conn, events)
			})
		})
	}
}
