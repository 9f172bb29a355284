package transport

import (
	"net"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// Linger bounds how long the last bytes of a closed socket may take.
const Linger = time.Second

// closedHere is the failure of a socket that this side has closed.
var closedHere error = net.ErrClosed

// fail ends writing: sending is never cleared again. Of a socket that is being
// closed it is no news.
func (s *Socket) fail(err error) {
	if !s.failure.CompareAndSwap(nil, &err) {
		return
	}
	if s.closing.Load() {
		_ = s.shut()
		return
	}
	s.discard()
	s.tell(err)
}

// Close implements net.Conn. It does not wait, and last words, such as the close
// frame of a closing handshake, still go out: if the kernel does not take them
// now, they have a second.
//
// Whoever sends meanwhile looks whether it closes when that is done, or has failed.
func (s *Socket) Close() error {
	if !s.closing.CompareAndSwap(false, true) {
		return nil
	}
	s.Flush()
	if s.failure.Load() == nil {
		s.linger()
		return nil
	}
	return s.shut()
}

// linger bounds the time of whoever writes, or is about to.
func (s *Socket) linger() {
	if s.Conn.SetWriteDeadline(time.Now().Add(Linger)) != nil {
		s.shutAfter(Linger)
	}
}

// Abort closes at once. Only what the kernel takes now still goes out.
func (s *Socket) Abort() {
	s.Flush()
	s.closing.Store(true)
	_ = s.shut()
}

// shut closes the transport, and has the reader see it: the kernel says nothing of
// a socket that this side has closed.
func (s *Socket) shut() error {
	if !s.failure.CompareAndSwap(nil, &closedHere) && s.failure.Load() == &closedHere {
		return nil // another has
	}
	err := s.Conn.Close()
	s.discard()
	s.readable(false)
	return err
}

// discard drops what was written and will never be sent. It is for after a failure:
// who adds to it meanwhile sees that and does the same.
func (s *Socket) discard() {
	drop(s.pending.Swap(nil))
	s.aside.Store(nil)
}

// drained bounds what is read for nobody: several times what kernels keep.
const drained = 64 << 20

// quietEnd is how long nothing need arrive to be the end, where this side cannot say
// that it has ended: in memory, say.
const quietEnd = 20 * time.Millisecond

// Drain ends writing, and reads what the peer still sends, until it closes or sends too
// much: to close a socket with bytes that nobody has read resets it, which destroys the
// last words before the peer reads them. It blocks: whoever calls it bounds the time
// with abort. It reports whether the peer has sent a close frame.
func (s *Socket) Drain() bool {
	ended := s.halfClose()
	guard, read := s.lastReads()
	b := buffers.Get().(*buffer)
	defer recycle(b)
	room := b.bytes[:cap(b.bytes)]
	for total := 0; !guard.SawClose() && total < drained; {
		if !ended { // the peer may wait for this side
			_ = s.Conn.SetReadDeadline(time.Now().Add(quietEnd))
		}
		n, err := read(room)
		guard.After(room[:n])
		if total += n; err != nil {
			break
		}
	}
	return guard.SawClose()
}

// lastReads returns how to read on where coder/websocket has ended, and the guard that
// has seen what it read.
func (s *Socket) lastReads() (*wire.Guard, func([]byte) (int, error)) {
	if s.above != nil {
		return s.above.guard, s.above.read
	}
	g := s.incoming.watchedBy(&s.rules)
	g.After(s.incoming.rest()[g.seen:])
	return &g.Guard, s.read
}

// halfClose ends writing, and reports whether that can be: under TLS with its own close,
// which says the same.
func (s *Socket) halfClose() bool {
	conn := s.Conn
	if s.above != nil && s.secure {
		conn = s.above.Conn
	}
	half, ok := conn.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}
