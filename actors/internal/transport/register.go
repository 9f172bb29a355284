package transport

// registration is what a poller knows a socket by, also when that is closed. The zero
// value is none.
type registration struct {
	fd         int32
	generation uint32 // since the fd's number is used again
}

// Register has the poller tell a reader of the socket, and reports whether it will: if
// not, the socket has no reader yet.
func (s *Socket) Register(r Reader) (ok bool) {
	s.SetReader(r)
	_ = s.kernel.control(func(fd uintptr) { ok = s.poller.add(int(fd), s) == nil })
	if !ok {
		s.reader.Store(nil)
	}
	return ok
}

// Unregister ends that. It needs nothing of the transport, of which the kernel forgets
// by itself what is closed.
func (s *Socket) Unregister() {
	s.reader.Store(nil)
	if s.registered.generation == 0 {
		return
	}
	s.poller.remove(s)
	_ = s.kernel.control(func(fd uintptr) { s.poller.drop(int(fd)) })
}

// Watch has the poller tell of the socket, also of what is there now. After Unregister
// neither it nor unwatch does anything.
func (s *Socket) Watch() {
	_ = s.kernel.control(func(fd uintptr) { s.poller.modify(int(fd), s, true) })
}

// Unwatch has the poller say nothing, but of the end.
func (s *Socket) Unwatch() {
	_ = s.kernel.control(func(fd uintptr) { s.poller.modify(int(fd), s, false) })
}

// readable is the poller's word, or that of who shuts the socket.
func (s *Socket) readable(hangUp bool) {
	if r := s.reader.Load(); r != nil {
		(*r).Readable(hangUp)
	}
}
