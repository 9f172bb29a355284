package transport

import (
	"errors"
	"net"
)

// corkLimit is how much is gathered before it is sent in the middle of a run.
const corkLimit = 64 << 10

var errPendingOverflow = errors.New("peer makes this side answer and reads nothing")

// Write implements net.Conn: it never blocks.
func (s *Socket) Write(p []byte) (int, error) {
	if err := s.refusal(); err != nil {
		return 0, err
	}
	if s.framing {
		return len(p), s.writePart(p)
	}
	b := s.pendingBuffer()
	b.bytes = append(b.bytes, p...)
	return len(p), s.put(b)
}

// refusal is why a write is refused, or nil.
func (s *Socket) refusal() error {
	if err := s.Failure(); err != nil {
		return err
	}
	if s.closing.Load() {
		return net.ErrClosed
	}
	return nil
}

// pendingBuffer returns what is there, or an empty buffer, to be added to and put back.
func (s *Socket) pendingBuffer() *buffer {
	if b := s.pending.Swap(nil); b != nil {
		return b
	}
	return buffers.Get().(*buffer)
}

// put puts b where it is sent from.
func (s *Socket) put(b *buffer) error {
	size := b.size()
	s.pending.Store(b)
	return s.written(size)
}

// written sends what was put where it is sent from: now, unless more is to come.
func (s *Socket) written(size int) error {
	if size > s.maximum {
		s.fail(errPendingOverflow)
	}
	if err := s.failure.Load(); err != nil {
		s.discard()
		return *err
	}
	if !s.corked.Load() || size >= corkLimit {
		s.send()
	}
	return nil
}

// Cork gathers what is written until Flush.
func (s *Socket) Cork() { s.corked.Store(true) }

// Flush puts on the wire what was written. Anybody may call it.
func (s *Socket) Flush() {
	s.corked.Store(false)
	s.send()
}

// Taken reports whether the kernel has all that was written. If not, onWritable is
// called when it has.
func (s *Socket) Taken() bool {
	s.watched.Store(true)
	if s.waiting() || s.sending.Load() || s.blocked.Load() || s.failure.Load() != nil {
		return false
	}
	s.watched.Store(false)
	return true
}

// Ready reports whether nobody waits for the kernel. When that is so again, onWritable
// is called.
func (s *Socket) Ready() bool { return !s.blocked.Load() }
