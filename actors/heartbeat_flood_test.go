package actors_test

import (
	"encoding/binary"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// The heartbeat writes its pings while the connection writes messages, small and so large
// that the kernel does not take them at once: each frame arrives as a whole, the messages
// in their order, and pings are answered all the while.
func TestPingsAmongMessages(t *testing.T) {
	const count, large = 200, 1 << 18
	for name, options := range map[string][]actors.Option{
		"plain":      nil,
		"compressed": {actors.WithCompression(websocket.CompressionContextTakeover)},
		"resend":     {actors.WithResend()},
		"payload":    {actors.WithPayloadHeartbeat("0x9", "0x9")},
	} {
		t.Run(name, func(t *testing.T) {
			onLoopback(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				answers, enough := 0, make(chan struct{})
				rule := actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
					if s.Pings > 0 && !s.Awaited {
						if answers++; answers == 10 {
							close(enough)
						}
					}
					return actors.Beat{Ping: !s.Awaited, Next: actors.MinBeat}
				})
				conn, events := connect(t, sup, server, append(options, actors.WithReadLimit(2*large),
					actors.WithQueue(2*count, 16*large), actors.WithHeartbeatRule(func() actors.Heartbeat { return rule }))...)
				wstest.Next[*messages.Opened](t, events)
				for i := range count {
					size := 8
					if i%20 == 0 {
						size = large
					}
					if err := conn.Send(messages.Binary(binary.BigEndian.AppendUint64(make([]byte, size-8), uint64(i)))); err != nil {
						t.Fatal(err)
					}
				}
				for i := range count {
					data := wstest.Next[*messages.Received](t, events).Data
					if got := binary.BigEndian.Uint64(data[len(data)-8:]); got != uint64(i) {
						t.Fatalf("got %d for %d", got, i)
					}
				}
				if <-enough; conn.RTT() == 0 {
					t.Error("no round trip")
				}
				if e := closeAndWait(t, conn, events); e.Code != messages.CloseNormal || !e.Clean || e.Written != count {
					t.Errorf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}
