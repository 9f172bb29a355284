package actors

import "time"

// linger bounds how long the last bytes of a closed socket may take.
const linger = time.Second

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
	s.tell(err)
}

// Close implements net.Conn. It does not wait, and last words, such as the close
// frame of a closing handshake, still go out: if the kernel does not take them
// now, they have a second.
func (s *socket) Close() error {
	if !s.closing.CompareAndSwap(false, true) {
		return nil
	}
	s.flush()
	if s.failure.Load() != nil {
		return s.shut()
	}
	if !s.ready() && s.Conn.SetDeadline(time.Now().Add(linger)) != nil {
		s.shutAfter(linger)
	}
	return nil
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
	err := s.Conn.Close()
	s.credit.poke()
	return err
}
