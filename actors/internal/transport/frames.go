package transport

import (
	"net"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// A connection without compression writes its frames itself, past coder/websocket,
// whose Write takes two locks made of channels and a select, each in a cache line of
// its own: of a broadcast to 5,000 connections, where none of it is in the caches,
// that was a seventh.
//
// Others have something to say too: the heartbeat its pings, the reader its pongs, and
// coder/websocket, in pieces. So that is kept aside, by frames, and sent behind what the
// connection has written. After a close frame nothing is sent any more (RFC 6455, section
// 5.5.1).

// StartFraming is for when the handshake is over, and nothing is compressed. Under TLS it
// is not possible: what is written to the socket are the records of crypto/tls.
func (s *Socket) StartFraming() { s.framing = !s.secure }

// Framing reports whether WriteFrame is possible.
func (s *Socket) Framing() bool { return s.framing }

// WriteFrame writes a message, or a control frame, as one frame. Only the connection
// calls it, and nobody writes to the payload any more.
func (s *Socket) WriteFrame(op wire.Opcode, payload []byte) error {
	if err := s.refusal(); err != nil {
		return err
	}
	if s.ended.Load() {
		return net.ErrClosed // as coder/websocket says it
	}
	b := s.pendingBuffer()
	b.appendFrame(op, payload, s.masking)
	return s.put(b)
}

// aside is a frame that somebody else than the connection has written.
type aside struct {
	bytes []byte
	last  bool   // it is a close frame
	below *aside // written before
	total int    // bytes of it and of those
}

// WriteAside writes a control frame, or a small message, as one frame, which is sent behind
// what the connection has written. Anybody may call it.
func (s *Socket) WriteAside(op wire.Opcode, payload []byte) error {
	if err := s.refusal(); err != nil {
		return err
	}
	last := op == wire.OpcodeClose
	if s.ended.Load() || last && s.ended.Swap(true) {
		return net.ErrClosed
	}
	return s.putAside(&aside{bytes: wire.AppendFrame(nil, op, payload, s.masking), last: last})
}

// writePart takes what coder/websocket writes, under its frame lock.
func (s *Socket) writePart(p []byte) error {
	s.part = append(s.part, p...)
	f, ok := wire.ParseHeader(s.part)
	if !ok || int64(len(s.part)) < f.FrameSize() {
		return nil
	}
	a := &aside{bytes: s.part, last: f.Opcode == wire.OpcodeClose}
	s.part = nil
	if a.last {
		s.ended.Store(true)
	}
	return s.putAside(a)
}

// putAside puts a frame upon those that are there. Each is new: whoever sends may have
// taken what was there.
func (s *Socket) putAside(a *aside) error {
	for {
		a.below, a.total = s.aside.Load(), len(a.bytes)
		if a.below != nil {
			a.total += a.below.total
		}
		if s.aside.CompareAndSwap(a.below, a) {
			return s.written(a.total)
		}
	}
}

// next returns what is to be sent, or nil. Only who sends calls it.
//
// It takes aside first, so that pending has all that was written before what is
// there: a close frame comes behind it.
func (s *Socket) next() *buffer {
	newest := s.aside.Load()
	if newest != nil {
		newest = s.aside.Swap(nil)
	}
	b := s.pending.Swap(nil)
	if s.over {
		drop(b)
		return nil
	}
	if newest == nil {
		return b
	}
	if b == nil {
		b = buffers.Get().(*buffer)
	}
	s.over = b.appendAside(newest)
	return b
}

// appendAside appends frames, the oldest first, up to a close frame, and reports whether
// there is one: nothing comes behind it.
func (b *buffer) appendAside(newest *aside) (over bool) {
	oldest := (*aside)(nil)
	for a := newest; a != nil; {
		a.below, oldest, a = oldest, a, a.below // turned round: it is above from now on
	}
	for a := oldest; a != nil; a = a.below {
		if b.bytes = append(b.bytes, a.bytes...); a.last {
			return true
		}
	}
	return false
}
