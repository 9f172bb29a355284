package ws

import (
	"bytes"
	"io"
	"net"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// Next reads a message, which is the caller's. It has no data, not even empty ones, where
// there was only a control frame. Where it must not wait there has to be a frame as a
// whole: see transport.Socket.Whole.
//
// An error says why there will be no more, and is one of package messages: a
// PeerClosedError, a ProtocolError, a WriteError of a pong, or a ReadError.
func (c *Conn) Next() (messages.Type, []byte, error) {
	op, data, err := c.Socket.TakeMessage()
	switch {
	case err != nil:
		return 0, nil, c.ReadError(err)
	case op == wire.OpcodePing || op == wire.OpcodePong:
		return 0, nil, c.answer(op, data)
	case data != nil:
		return messages.Type(op), data, nil
	case c.conn == nil:
		return 0, nil, c.await()
	default:
		return c.nextOfCoder()
	}
}

// answer answers a ping, unless this side closes: after a close frame nothing is sent any
// more (RFC 6455, section 5.5.1). A pong is for who waits for it.
func (c *Conn) answer(op wire.Opcode, payload []byte) error {
	if op == wire.OpcodePong {
		c.ponged(background, payload)
		return nil
	}
	if c.SaidClose() {
		return nil
	}
	if err := c.WriteAside(wire.OpcodePong, payload); err != nil && !c.refusedPong(err) {
		return c.ReadError(err)
	}
	return nil
}

// await waits for more where it may.
func (c *Conn) await() error {
	if !c.Socket.Patient() {
		return nil
	}
	if err := c.Socket.Await(); err != nil {
		return c.ReadError(err)
	}
	return nil
}

// nextOfCoder is Next where coder/websocket reads.
func (c *Conn) nextOfCoder() (messages.Type, []byte, error) {
	kind, from, err := c.conn.Reader(background)
	switch {
	case err != nil && (c.refusedPong(err) || errs.Wraps(err, transport.ErrLater)):
		return 0, nil, nil
	case err != nil:
		return 0, nil, c.ReadError(err)
	}
	data, err := c.readAll(messages.Type(kind), from)
	return messages.Type(kind), data, err
}

// refusedPong reports whether an error is only that of a pong that met this
// side's close frame: the peer's is still to come.
func (c *Conn) refusedPong(err error) bool {
	return c.SaidClose() && errs.Wraps(err, net.ErrClosed) &&
		!c.Socket.Broken() && !c.Socket.Closing()
}

// readAll reads a message to its end, and returns a copy of exactly its size.
func (c *Conn) readAll(kind messages.Type, from io.Reader) ([]byte, error) {
	b := inflating.Get().(*inflated)
	defer b.recycle()
	if c.Socket.Compressed() {
		from = c.inflate(from)
	}
	if err := b.readMessage(from, kind, c.Socket.Limit()); err != nil {
		return nil, c.ReadError(err)
	}
	return bytes.Clone(b.bytes), nil
}
