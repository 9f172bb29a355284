package ws

import (
	"bytes"
	"io"
	"net"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/messages"
)

// Next reads a message, which is the caller's. It has no data, not even empty ones, where
// there was only a control frame. Where it must not wait there has to be a frame as a
// whole: see transport.Socket.Whole.
//
// An error says why there will be no more, and is one of package messages: a
// PeerClosedError, a ProtocolError, a WriteError of a pong, or a ReadError.
func (c *Conn) Next() (messages.Type, []byte, error) {
	if kind, data, err := c.Socket.TakeMessage(); data != nil {
		return messages.Type(kind), data, nil
	} else if err != nil {
		return 0, nil, c.ReadError(err)
	}
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
