package actors_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// grouped runs a test with groups and n members of "room" that are connected to a
// server in memory, whose side they are.
func grouped(t *testing.T, n int, f func(t *testing.T, sup *supervisor.Supervisor, send func(any), members []*member)) {
	t.Helper()
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		sup := start(t)
		groups := actors.StartGroups(sup.System())
		opened := make(chan *actor.PID, 1)
		server.Become(wstest.HTTP(actors.Accept(sup, actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if m, ok := ctx.Message().(*messages.Opened); ok {
					ctx.Send(groups, &messages.Join{Group: "room", Conn: m.Conn})
					opened <- m.Conn
				}
			})
		}))))
		members := make([]*member, n)
		for i := range members {
			conn, events := connect(t, clients, server)
			wstest.Next[*messages.Opened](t, events)
			members[i] = &member{Recorder: events, conn: conn, server: <-opened}
		}
		synctest.Wait()
		f(t, sup, func(m any) {
			sup.System().Root.Send(groups, m)
			synctest.Wait()
		}, members)
		sup.System().Root.Stop(groups)
		synctest.Wait()
	})
}

// member is one of a room: the client, and its connection on the server.
type member struct {
	*wstest.Recorder
	conn   *actors.Conn
	server *actor.PID
}

func say(text string) *messages.Broadcast {
	return &messages.Broadcast{Group: "room", Message: messages.Text(text)}
}

func (m *member) hears(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if e := wstest.Next[*messages.Received](t, m.Recorder); string(e.Data) != text {
			t.Errorf("got %s, want %q", wstest.Describe(e), text)
		}
	}
	m.None(t)
}

// Who has joined hears, in order, until it leaves or its connection ends.
func TestGroups(t *testing.T) {
	grouped(t, 3, func(t *testing.T, sup *supervisor.Supervisor, send func(any), members []*member) {
		a, b, c := members[0], members[1], members[2]
		send(&messages.Join{Group: "room", Conn: a.server}) // again
		send(say("1"))
		send(&messages.Broadcast{Group: "room", Message: messages.Text("2"), Except: b.server})
		a.hears(t, "1", "2")
		b.hears(t, "1")
		c.hears(t, "1", "2")

		send(&messages.Leave{Group: "room", Conn: b.server})
		send(&messages.Leave{Group: "room", Conn: b.server}) // again
		closeAndWait(t, c.conn, c.Recorder)
		synctest.Wait()
		send(say("3"))
		send(&messages.Broadcast{Group: "nowhere", Message: messages.Text("x")})
		a.hears(t, "3")
		b.hears(t)

		send(&messages.Leave{Group: "room", Conn: a.server}) // the last
		send(say("nobody"))
		send(&messages.Join{Group: "room", Conn: b.server})
		send(say("4"))
		a.hears(t)
		b.hears(t, "4")
	})
}

// What makes no sense harms no group.
func TestGroupsRefuse(t *testing.T) {
	grouped(t, 1, func(t *testing.T, _ *supervisor.Supervisor, send func(any), members []*member) {
		send(&messages.Join{Group: "room"})
		send(&messages.Leave{Group: "room"})
		send(&messages.Broadcast{Group: "room"})
		send(&messages.Broadcast{Group: "room", Message: messages.TextBytes([]byte{0xff})})
		send(say("1"))
		members[0].hears(t, "1")
	})
}

// 2,000 members of whom 20 never read: the others get everything in order, the 20
// end as their policy says, and memory stays bounded.
func TestBroadcastWithSlowMembers(t *testing.T) {
	const slow, fast, rounds, bound = 20, 1980, 30, 16
	for name, policy := range map[string]actors.Overflow{
		"close": actors.CloseConnection, "reject newest": actors.RejectNewest, "drop oldest": actors.DropOldest,
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, _ *wstest.Server) {
				release := make(chan struct{})
				deaf, echo := wstest.Listen(wstest.Deaf(release)), wstest.Listen(listen(rounds))
				groups := actors.StartGroups(sup.System())
				join := func(server *wstest.Server) *actors.Conn {
					conn := connectTo(t, sup, server, actors.WithOverflow(policy), actors.WithQueue(bound, 1<<20),
						actors.WithWriteTimeout(time.Hour), actors.WithoutHeartbeat(), actors.WithHandler(echoes))
					sup.System().Root.Send(groups, &messages.Join{Group: "room", Conn: conn.PID()})
					return conn
				}
				var stuck []*actors.Conn
				for range slow {
					stuck = append(stuck, join(deaf))
				}
				for range fast {
					join(echo)
				}
				pass(5 * time.Second) // in which all have had their turn to dial
				var peak uint64
				for i := range rounds {
					sup.System().Root.Send(groups, say(fmt.Sprintf("%03d", i)))
					synctest.Wait()
					var memory runtime.MemStats
					runtime.ReadMemStats(&memory)
					peak = max(peak, memory.HeapInuse)
				}
				t.Logf("%d members: peak %d MiB of heap in use", slow+fast, peak>>20)
				if n := heard.Swap(0); n != fast {
					t.Errorf("%d of %d heard everything in order", n, fast)
				}
				for _, conn := range stuck {
					want := messages.StateOpen
					if policy == actors.CloseConnection {
						want = messages.StateClosing
					}
					if conn.ReadyState() != want || conn.Queued() != bound {
						t.Fatalf("%v, %d queued", conn.ReadyState(), conn.Queued())
					}
				}
				pass(actors.DefaultCloseTimeout + time.Second)
				if n := sup.Running(); policy == actors.CloseConnection && n != fast {
					t.Errorf("%d running", n)
				}
				sup.System().Root.Stop(groups)
				close(release)
				echo.Close()
				deaf.Close()
			})
		})
	}
}

// heard counts the peers of listen that heard everything in order.
var heard atomic.Int64

// listen is a peer that expects numbered messages.
func listen(rounds int) wstest.Peer {
	return func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		frame := make([]byte, 9) // three digits, masked
		for i := range rounds {
			if _, err := io.ReadFull(conn, frame); err != nil {
				return
			}
			for j := range frame[6:] {
				frame[6+j] ^= frame[2+j%4]
			}
			if string(frame[6:]) != fmt.Sprintf("%03d", i) {
				return
			}
		}
		heard.Add(1)
		_, _ = io.Copy(io.Discard, conn)
	}
}
