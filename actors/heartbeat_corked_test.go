package actors_test

import (
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A ping leaves at once, though the connection gathers what it writes and is held up by
// an Outgoing: of one message for long, or of each of many for a little.
func TestPingLeavesAConnectionThatGathers(t *testing.T) {
	oneIsSlow := func(n int) time.Duration { return time.Duration(n-1) * 5 * time.Second }
	all := func(int) time.Duration { return 5 * time.Millisecond }
	for name, test := range map[string]struct {
		messages int
		takes    func(n int) time.Duration
		mode     websocket.CompressionMode
	}{
		"one is slow":             {2, oneIsSlow, websocket.CompressionDisabled},
		"many":                    {1024, all, websocket.CompressionDisabled},
		"one is slow, compressed": {2, oneIsSlow, websocket.CompressionContextTakeover},
		"many, compressed":        {1024, all, websocket.CompressionContextTakeover},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				n := 0
				slow := actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
					n++
					pass(test.takes(n))
					return o.Send
				})
				conn, events := connect(t, sup, server, actors.WithCompression(test.mode), actors.WithOutgoing(slow), actors.WithHeartbeat(time.Second, time.Second))
				for range test.messages { // queued before it is open: one run
					_ = conn.Send(messages.Text("x"))
				}
				wstest.Next[*messages.Opened](t, events)
				for range test.messages {
					wstest.Next[*messages.Received](t, events)
				}
				if conn.Epoch() != 1 {
					t.Errorf("epoch %d: a healthy peer was given up", conn.Epoch())
				}
			})
		})
	}
}
