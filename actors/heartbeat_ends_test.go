package actors_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A connection that closes looks for no sign of life any more, though what was queued
// takes long to be written: the peer has the close timeout.
func TestClosingHasNoHeartbeat(t *testing.T) {
	slow := func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		pass(time.Minute)
		_, _ = io.Copy(io.Discard, conn)
	}
	inMemory(t, slow, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		asked := 0
		rule := actors.HeartbeatFunc(func(actors.Signs) actors.Beat {
			asked++
			return actors.Beat{Ping: true, Next: time.Second}
		})
		conn, events := connect(t, sup, server, actors.WithCloseTimeout(30*time.Second),
			actors.WithHeartbeatRule(func() actors.Heartbeat { return rule }))
		wstest.Next[*messages.Opened](t, events)
		if err := conn.Send(messages.Binary(make([]byte, 1<<20))); err != nil {
			t.Fatal(err)
		}
		pass(time.Second / 2)
		if err := conn.Close(messages.CloseNormal, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		before := asked
		pass(20 * time.Second)
		if synctest.Wait(); asked != before {
			t.Errorf("asked %d times while it closes", asked-before)
		}
	})
}

// A pong that answers no ping (RFC 6455, section 5.5.3) is a sign of life, as any bytes,
// and measures nothing: with a payload or with none.
func TestUnsolicitedPong(t *testing.T) {
	for name, payload := range map[string][]byte{
		"empty": nil, "short": {1}, "zero": make([]byte, 8), "another": {0, 0, 0, 1, 0, 0, 0, 1}, "large": {0, 0, 0, 1, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			peer := func(conn net.Conn) {
				reader, err := wstest.Upgrade(conn)
				if err != nil {
					return
				}
				_, _ = io.ReadFull(reader, make([]byte, 14)) // the ping
				_, _ = conn.Write(wstest.Frame(0x8a, payload))
				_, _ = io.Copy(io.Discard, reader)
			}
			inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				last := actors.Signs{}
				rule := actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
					last = s
					return actors.Beat{Ping: s.Pings == 0, Next: time.Second}
				})
				conn, events := connect(t, sup, server, actors.WithCloseTimeout(time.Millisecond),
					actors.WithHeartbeatRule(func() actors.Heartbeat { return rule }))
				wstest.Next[*messages.Opened](t, events)
				pass(10 * time.Second)
				if synctest.Wait(); !last.Awaited || last.RTT != 0 || conn.RTT() != 0 {
					t.Errorf("taken for an answer: %+v", last)
				}
			})
		})
	}
}
