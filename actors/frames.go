package actors

import (
	"context"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// startFraming has what is not compressed go past coder/websocket where that can be.
func startFraming(sock *transport.Socket, compression websocket.CompressionMode) {
	if compression == websocket.CompressionDisabled {
		sock.StartFraming()
	}
}

// background is the only context on the hot path: with it coder/websocket
// allocates nothing, with one that can end 11 times a call.
var background = context.Background()

// writeFrame writes a message, or a ping: past coder/websocket where that can be.
func (c *connection) writeFrame(op wire.Opcode, payload []byte) error {
	if c.sock.Framing() {
		return c.sock.WriteFrame(op, payload)
	}
	return writeThrough(c.ws, op, payload)
}

// writeThrough writes a message, or a control frame. coder/websocket's Write takes a
// message type for the opcode that it is, so it writes those too, as one frame, under
// its own lock, without waiting. Its Ping waits for the pong and its Close for the
// peer, up to ten seconds: not in a Receive. TestControlFrames holds it to that.
func writeThrough(ws *websocket.Conn, op wire.Opcode, payload []byte) error {
	return ws.Write(background, websocket.MessageType(op), payload)
}

// writeClose sends a close frame. Afterwards nothing else can be written.
func writeClose(ws *websocket.Conn, code messages.CloseCode, reason string) error {
	return writeThrough(ws, wire.OpcodeClose, wire.ClosePayload(uint16(code), reason))
}
