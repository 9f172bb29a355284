package transport

import "time"

// A peer that takes what is written is alive, though on a slow line it may be long
// until it can answer: a ping waits behind all that was written before it, in the
// kernel too. That a peer takes what need not wait says nothing: its kernel does so for
// a process that hangs.

// outflow is what the kernel knows of what was written.
type outflow struct {
	acked uint64        // bytes that the peer's kernel has taken
	waits bool          // some have not left
	quiet time.Duration // since the peer's kernel last said anything
}

// Progress is what the heartbeat has seen of it. It looks whenever its rule is asked, and
// what waited is seen only if it did at one of two looks.
type Progress struct {
	acked uint64
	waits bool
	last  time.Duration // when bytes were last taken while some waited, since the socket was made
}

// Look returns when bytes were last taken while some waited, as far as is known.
func (w *Progress) Look(s *Socket) time.Duration {
	o := s.outflow()
	waits := o.waits || s.blocked.Load() || s.waiting()
	if o.acked > w.acked && (waits || w.waits) {
		w.last = max(w.last, s.Now()-o.quiet)
	}
	w.acked, w.waits = o.acked, waits
	return max(w.last, time.Duration(s.lastTaken.Load()))
}
