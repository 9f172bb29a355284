package actors_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

const (
	interval = actors.DefaultHeartbeatInterval
	timeout  = actors.DefaultHeartbeatTimeout
)

// A server that accepts and says nothing, as after a cable was pulled, is found
// at once after the timeout, with protocol pings and with payloads.
func TestHeartbeatFindsSilentPeer(t *testing.T) {
	for name, options := range map[string][]actors.Option{
		"ping":    nil,
		"payload": {actors.WithPayloadHeartbeat("0x9", "0xA")},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				_, events := connect(t, sup, server, options...)
				wstest.Next[*messages.Opened](t, events)
				opened := time.Now()
				e := wstest.Next[*messages.Failed](t, events)
				if !is[*messages.HeartbeatError](e.Err) || !is[net.Error](e.Err) {
					t.Fatalf("got %v", e.Err)
				}
				if took := time.Since(opened); took != interval+timeout {
					t.Fatalf("took %v", took)
				}
				if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseAbnormal || !e.WillRetry {
					t.Fatalf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// pongs is a peer that answers pings after a delay, in virtual time.
func pongs(delay time.Duration) wstest.Peer {
	return func(conn net.Conn) {
		reader, err := wstest.Upgrade(conn)
		if err != nil {
			return
		}
		for {
			frame := make([]byte, 14) // ping of 8 bytes, masked
			if _, err := io.ReadFull(reader, frame); err != nil || frame[0] != 0x89 || frame[1] != 0x88 {
				return
			}
			payload := frame[6:]
			for i := range payload {
				payload[i] ^= frame[2+i%4]
			}
			pass(delay)
			if _, err := conn.Write(wstest.Frame(0x8a, payload)); err != nil {
				return
			}
		}
	}
}

func TestHeartbeatMeasuresRTT(t *testing.T) {
	inMemory(t, pongs(120*time.Millisecond), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		pass(interval)
		synctest.Wait()
		if rtt := conn.RTT(); rtt != 0 {
			t.Fatalf("RTT %v before the answer", rtt)
		}
		pass(10 * time.Minute)
		if rtt := conn.RTT(); rtt != 120*time.Millisecond {
			t.Fatalf("RTT %v", rtt)
		}
		events.None(t)
	})
}

// The text heartbeat of browsers is answered, measured and kept out of the
// handler's stream; other text is not.
func TestPayloadHeartbeat(t *testing.T) {
	peer := wstest.WebSocket(func(ws *websocket.Conn) {
		for {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			if string(data) == "0x9" {
				pass(50 * time.Millisecond)
				data = []byte("0xA")
			}
			_ = ws.Write(context.Background(), websocket.MessageText, data)
		}
	})
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithPayloadHeartbeat("0x9", "0xA"))
		wstest.Next[*messages.Opened](t, events)
		pass(time.Hour)
		events.None(t)
		if rtt := conn.RTT(); rtt != 50*time.Millisecond {
			t.Fatalf("RTT %v", rtt)
		}
		if err := conn.Send(messages.Text("0xB")); err != nil {
			t.Fatal(err)
		}
		if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "0xB" {
			t.Fatalf("got %s", wstest.Describe(e))
		}
	})
}

// A peer that talks is alive, however slowly, and is not asked.
func TestAnyBytesAreLife(t *testing.T) {
	frame := wstest.Frame(0x82, make([]byte, 20))
	peer := func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		for i := range frame { // a byte every 19 s, of one message
			pass(interval - time.Second)
			if _, err := conn.Write(frame[i : i+1]); err != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, conn) // and then never a pong
	}
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		opened := time.Now()
		said := time.Duration(len(frame)) * (interval - time.Second)
		pass(said - 1)
		events.None(t)
		wstest.Next[*messages.Received](t, events)
		wstest.Next[*messages.Failed](t, events)
		if took := time.Since(opened); took != said+interval+timeout {
			t.Fatalf("failed after %v", took)
		}
	})
}

func TestWithoutHeartbeat(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithoutHeartbeat(), actors.WithCloseTimeout(time.Millisecond))
		wstest.Next[*messages.Opened](t, events)
		pass(24 * time.Hour)
		events.None(t)
	})
}
