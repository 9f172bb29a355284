package actors

// registration is what the tree's poller knows a reader by, also when its socket is
// closed. The zero value is none.
type registration struct {
	fd         int32
	generation uint32 // since the fd's number is used again
}

// register has the tree's poller tell of the socket, and reports whether it will.
func (r *reader) register() (ok bool) {
	_ = r.sock.try.control(func(fd uintptr) { ok = r.sock.poller.add(int(fd), r) == nil })
	return ok
}

// deregister ends that. It needs nothing of the socket, of which the kernel forgets by
// itself what is closed.
func (r *reader) deregister() {
	if r.registered.generation == 0 {
		return
	}
	r.sock.poller.remove(r)
	_ = r.sock.try.control(func(fd uintptr) { r.sock.poller.drop(int(fd)) })
}
