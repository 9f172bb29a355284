package transport

import (
	"slices"
	"sync"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// buffer is what was written and is not yet sent: bytes that are gathered, and between
// them payloads that are sent from where they are.
type buffer struct {
	bytes []byte
	from  int       // of bytes: what comes before is sent
	large []payload // in order
	more  int       // bytes in those
}

// payload is one that is large. It is nobody's to write to, and is masked on its way.
type payload struct {
	at     int // in the bytes of its buffer: what it comes before
	bytes  []byte
	key    [wire.KeySize]byte
	masked bool
}

// largePayload is from when on a payload is not copied. Smaller ones leave together.
const largePayload = 16 << 10

var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, 4<<10)} }}

func (b *buffer) size() int { return len(b.bytes) - b.from + b.more }

// appendFrame appends one.
func (b *buffer) appendFrame(op wire.Opcode, data []byte, masked bool) {
	if len(data) < largePayload {
		b.bytes = wire.AppendFrame(b.bytes, op, data, masked)
		return
	}
	p := payload{bytes: data, masked: masked}
	b.bytes, p.key = wire.AppendHeader(b.bytes, op, len(data), masked)
	p.at = len(b.bytes)
	b.large, b.more = append(b.large, p), b.more+len(data)
}

// next returns what is to be sent next: bytes, and the payload behind them, or nil.
func (b *buffer) next() ([]byte, *payload) {
	if len(b.large) == 0 {
		return b.bytes[b.from:], nil
	}
	return b.bytes[b.from:b.large[0].at], &b.large[0]
}

// sent is for when n bytes more were sent, of what next has returned.
func (b *buffer) sent(n int) {
	bytes, p := b.next()
	b.from += min(n, len(bytes))
	if n -= len(bytes); p == nil || n < 0 {
		return
	}
	b.more -= n
	if p.bytes, p.key = p.bytes[n:], wire.Turned(p.key, n); len(p.bytes) == 0 {
		b.large = slices.Delete(b.large, 0, 1)
	}
}

func drop(b *buffer) {
	if b != nil {
		recycle(b)
	}
}

// mostPayloads is how many payloads a buffer in the pool has room for.
const mostPayloads = 32

// recycle returns a buffer to the pool, unless many messages made it large.
func recycle(b *buffer) {
	if cap(b.bytes) > 2*corkLimit || cap(b.large) > mostPayloads {
		return
	}
	clear(b.large)
	*b = buffer{bytes: b.bytes[:0], large: b.large[:0]}
	buffers.Put(b)
}
