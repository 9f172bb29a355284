package ws

import (
	"io"
	"sync"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/inflate"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// inflate returns what a compressed message is read from.
func (c *Conn) inflate(payload io.Reader) io.Reader {
	if c.inflater == nil {
		c.inflater = inflate.New(c.Socket.Takeover())
	}
	c.inflater.Open(payload)
	return c.inflater
}

// inflated is a message that coder/websocket reads: it was compressed, or in fragments.
type inflated struct{ bytes []byte }

var inflating = sync.Pool{New: func() any { return &inflated{bytes: make([]byte, 0, 4<<10)} }}

// mostKept is how large a buffer goes back to the pool.
const mostKept = 128 << 10

func (b *inflated) recycle() {
	if cap(b.bytes) <= mostKept {
		b.bytes = b.bytes[:0]
		inflating.Put(b)
	}
}

// readMessage reads a message to its end. The buffer goes back to the pool: the
// handler gets a copy of exactly the message's size. What was compressed may be too big
// only now, or no text.
func (b *inflated) readMessage(from io.Reader, kind messages.Type, limit int64) error {
	var text wire.TextCheck
	for {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = append(b.bytes, 0)[:len(b.bytes)]
		}
		n, err := from.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		added := b.bytes[len(b.bytes) : len(b.bytes)+n]
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > limit:
			return wire.TooBig(limit)
		case kind == messages.TypeText && !text.Add(added):
			return wire.NotUTF8()
		case errs.Wraps(err, io.EOF):
			return text.End()
		case err != nil:
			return err
		}
	}
}
