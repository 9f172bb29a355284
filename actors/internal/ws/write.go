package ws

import (
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// Write writes a message, or a ping: past coder/websocket where that can be. It does not
// wait, and the socket gathers what is written while it is corked. Only the one who
// writes calls it.
func (c *Conn) Write(op wire.Opcode, payload []byte) error {
	if c.Socket.Framing() {
		return c.Socket.WriteFrame(op, payload)
	}
	return c.WriteAside(op, payload)
}

// WriteAside is Write for whoever else has something to say meanwhile. coder/websocket's
// Write takes a message type for the opcode that it is, so it writes control frames too,
// as one frame, under its own lock, without waiting. Its Ping waits for the pong and its
// Close for the peer, up to ten seconds: not in a Receive. After a close frame it refuses
// to write. TestControlFrames holds it to all that.
func (c *Conn) WriteAside(op wire.Opcode, payload []byte) error {
	if c.conn == nil {
		return c.Socket.WriteAside(op, payload)
	}
	return c.conn.Write(background, websocket.MessageType(op), payload)
}

// Close sends a close frame. Afterwards nothing else can be written; what the peer says
// is still to be read. Only the one who writes calls it.
func (c *Conn) Close(code messages.CloseCode, reason string) error {
	c.closing.Store(true)
	return c.WriteAside(wire.OpcodeClose, wire.ClosePayload(uint16(code), reason))
}
