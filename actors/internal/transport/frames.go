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
// coder/websocket still writes what it has to say: pongs, and close frames. That may
// be at the same time, on the reader's goroutine. So it is kept aside until a frame
// is there as a whole, and sent behind what the connection has written. After a close
// frame nothing is sent any more (RFC 6455, section 5.5.1).

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
	b := add(&s.pending)
	b.appendFrame(op, payload, s.masking)
	return s.put(&s.pending, b)
}

// writeAside takes what coder/websocket writes, under its frame lock.
func (s *Socket) writeAside(p []byte) error {
	if s.part == nil {
		s.part = buffers.Get().(*buffer)
	}
	part := s.part
	part.bytes = append(part.bytes, p...)
	f, ok := wire.ParseHeader(part.bytes)
	if !ok || int64(len(part.bytes)) < f.FrameSize() {
		return nil
	}
	s.part = nil
	part.last = f.Opcode == wire.OpcodeClose
	if part.last {
		s.ended.Store(true)
	}
	return s.put(&s.aside, join(s.aside.Swap(nil), part))
}

// next returns what is to be sent, or nil. Only who sends calls it.
//
// It takes aside first, so that pending has all that was written before what is
// there: a close frame comes behind it.
func (s *Socket) next() *buffer {
	aside := s.aside.Load()
	if aside != nil {
		aside = s.aside.Swap(nil)
	}
	b := s.pending.Swap(nil)
	if s.over {
		drop(b)
		drop(aside)
		return nil
	}
	b = join(b, aside)
	s.over = b != nil && b.last
	return b
}
