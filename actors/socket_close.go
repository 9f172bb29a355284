package actors

import (
	"net"
	"time"
)

// linger bounds how long the last bytes of a closed socket may take.
const linger = time.Second

// closedHere is the failure of a socket that this side has closed.
var closedHere error = net.ErrClosed

// fail ends writing: sending is never cleared again. Of a socket that is being
// closed it is no news.
func (s *socket) fail(err error) {
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
func (s *socket) Close() error {
	if !s.closing.CompareAndSwap(false, true) {
		return nil
	}
	s.flush()
	if s.failure.Load() == nil {
		s.linger()
		return nil
	}
	return s.shut()
}

// linger bounds the time of whoever writes, or is about to.
func (s *socket) linger() {
	if s.Conn.SetWriteDeadline(time.Now().Add(linger)) != nil {
		s.shutAfter(linger)
	}
}

// abort closes at once. Only what the kernel takes now still goes out.
func (s *socket) abort() {
	s.flush()
	s.closing.Store(true)
	_ = s.shut()
}

// shut closes the transport, and has the reader see it: the kernel says nothing of
// a socket that this side has closed.
func (s *socket) shut() error {
	if !s.failure.CompareAndSwap(nil, &closedHere) && s.failure.Load() == &closedHere {
		return nil // another has
	}
	err := s.Conn.Close()
	s.discard()
	s.credit.poke()
	return err
}

// discard drops what was written and will never be sent. It is for after a failure:
// who adds to it meanwhile sees that and does the same.
func (s *socket) discard() {
	drop(s.pending.Swap(nil))
	drop(s.aside.Swap(nil))
}
