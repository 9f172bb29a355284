package actors

import (
	"context"
	"encoding/binary"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
)

// Opcodes of control frames (RFC 6455, section 5.2). coder/websocket's Write
// takes a message type for the opcode that it is, so it writes them too, as one
// frame, under its own lock, without waiting. Its Ping waits for the pong and
// its Close for the peer, up to ten seconds: not in a Receive.
// TestControlFrames holds it to that.
const (
	opcodeClose = websocket.MessageType(0x8)
	opcodePing  = websocket.MessageType(0x9)
)

// background is the only context on the hot path: with it coder/websocket
// allocates nothing, with one that can end 11 times a call.
var background = context.Background()

// writeFrame writes a message, or a ping: past coder/websocket where that can be.
func (c *connection) writeFrame(kind websocket.MessageType, payload []byte) error {
	if c.sock.framing {
		return c.sock.writeFrame(kind, payload)
	}
	return c.ws.Write(background, kind, payload)
}

// pingPayload is that of the ping with a number.
func pingPayload(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// pingNumber returns the number of a ping from its pong, or zero.
func pingNumber(pong []byte) uint64 {
	if len(pong) != 8 {
		return 0 // unsolicited (RFC 6455, section 5.5.3)
	}
	return binary.BigEndian.Uint64(pong)
}

// writeClose sends a close frame. Afterwards nothing else can be written.
func writeClose(ws *websocket.Conn, code messages.CloseCode, reason string) error {
	var payload []byte
	if code != messages.CloseNoStatus {
		payload = append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
	}
	return ws.Write(background, opcodeClose, payload)
}
