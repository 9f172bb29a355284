package actors_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// counted makes what counts itself when it is collected.
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

func (c *counted) payload(size int) []byte {
	data := make([]byte, size)
	runtime.AddCleanup(&data[0], func(struct{}) { c.collected.Add(1) }, struct{}{})
	return data
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
	t.Errorf("%d of %d are collected", c.collected.Load(), n)
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

// What an ended connection was made with is collected a second after, when what it said
// last has gone out or never will, and not when the timers that were stopped would have
// been due.
func TestStoppedTimersKeepNothing(t *testing.T) {
	for name, end := range map[string]func(*actors.Conn, *supervisor.Supervisor){
		"closed":  func(conn *actors.Conn, _ *supervisor.Supervisor) { _ = conn.Close(messages.CloseNormal, "") },
		"stopped": func(conn *actors.Conn, sup *supervisor.Supervisor) { sup.System().Root.Stop(conn.PID()) },
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				defer time.AfterFunc(2*time.Second, func() {}).Stop() // the next of all, behind which they stay
				var options counted
				func() {
					events := wstest.NewRecorder()
					made := options.payload(1 << 10)
					conn := connectTo(t, sup, server, actors.WithHandler(func() actor.Actor {
						made[0]++
						return events.Handler()
					}))
					wstest.Next[*messages.Opened](t, events)
					end(conn, sup)
					events.Last(t)
				}()
				pass(time.Second)
				options.await(t, 1)
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

// What a connection had not sent when it ended is nobody's, whoever has its PID.
func TestWhatWasNotSentIsCollected(t *testing.T) {
	for name, options := range map[string][]actors.Option{
		"plain":  nil,
		"resend": {actors.WithResend()},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			onLoopback(t, wstest.Deaf(release), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				const size, each = 1 << 20, 20
				conn, events := connect(t, sup, server, append(options, actors.WithQueue(100, 100*size))...)
				wstest.Next[*messages.Opened](t, events)
				var payloads counted
				for i := range each {
					send := func(to *messages.Enqueue) {
						if err := conn.Enqueue(to); err != nil {
							t.Fatal(err)
						}
					}
					send(&messages.Enqueue{Send: messages.Binary(payloads.payload(size))})
					send(&messages.Enqueue{Send: messages.Binary(payloads.payload(size)), Key: string(rune('a' + i))})
					send(&messages.Enqueue{Send: messages.Binary(payloads.payload(size)), Urgent: true})
				}
				sup.System().Root.Stop(conn.PID())
				events.Last(t)
				for sup.Running() > 0 {
					runtime.Gosched()
				}
				payloads.await(t, 3*each)
				runtime.KeepAlive(conn)
			})
			close(release)
		})
	}
}
