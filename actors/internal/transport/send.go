package transport

import (
	"os"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
)

const (
	// minProgress is how much must be taken within each write timeout.
	minProgress = 64 << 10
	// piece is how much is written at a time where only what is accepted tells of
	// progress: on a slow line that is to be seen within the timeout of a ping.
	piece = 16 << 10
	// waited is from when on a write has had to wait for the peer.
	waited = 50 * time.Millisecond
)

// send does what is to be done, unless somebody does so already, who will see it:
// like a mailbox, the busy one looks once more after it is idle.
func (s *Socket) send() {
	for s.toDo() && s.sending.CompareAndSwap(false, true) {
		if !s.sendPending() {
			return
		}
		if s.closing.Load() && !s.waiting() {
			_ = s.shut()
			return // sending for ever
		}
		s.sending.Store(false)
		if s.watched.Load() && s.watched.Swap(false) {
			s.tell(nil)
		}
	}
}

func (s *Socket) toDo() bool { return s.waiting() || s.closing.Load() }

// waiting reports whether there is something to send.
func (s *Socket) waiting() bool { return s.pending.Load() != nil || s.aside.Load() != nil }

// sendPending reports whether the kernel took it all. If not, sending stays set
// and is a goroutine's to clear.
func (s *Socket) sendPending() bool {
	b := s.next()
	if b == nil {
		return true
	}
	if err := s.writeNow(b); err != nil {
		s.fail(err)
		return false
	}
	if b.size() > 0 {
		s.blocked.Store(true)
		go s.wait(b)
		return false
	}
	recycle(b)
	return true
}

// wait writes what is left of b, and all that is written meanwhile, waiting for the
// kernel.
func (s *Socket) wait(b *buffer) {
	for ; b != nil; b = s.next() {
		if err := s.writeLater(b); err != nil {
			s.fail(err)
			return
		}
		recycle(b)
	}
	s.blocked.Store(false)
	s.sending.Store(false)
	s.send() // what came since
	s.tell(nil)
}

// writeAll blocks. The timeout is one of no progress, not of a large message on
// a slow line.
func (s *Socket) writeAll(p []byte) error {
	most := minProgress
	if !s.kernel.known() {
		most = piece
	}
	for len(p) > 0 {
		began := s.Now()
		n, err := s.writeSome(p[:min(len(p), most)])
		if n == 0 && errs.Wraps(err, os.ErrDeadlineExceeded) {
			n, err = s.onceMore(p, s.Now()-began-s.timeout, err)
		}
		if err != nil && !s.excused(err, n, began) {
			return err
		}
		if p = p[n:]; n > 0 && (len(p) > 0 || s.Now()-began > waited) {
			s.lastTaken.Store(int64(s.Now()))
		}
	}
	s.clearDeadline()
	return nil
}

// writeSome writes p, or some of it until the timeout.
func (s *Socket) writeSome(p []byte) (int, error) {
	if !s.setDeadline(s.timeout) {
		return s.writeTimed(p[:min(len(p), morsel)])
	}
	return s.Conn.Write(p)
}

// setDeadline gives the next write its time, and reports whether the transport knows
// deadlines. Once the socket closes it is what Close has set, or is about to: if it
// closes just now, either this or Close is the last to set it, and both say the same.
func (s *Socket) setDeadline(after time.Duration) bool {
	if s.closing.Load() {
		return true
	}
	known := s.Conn.SetWriteDeadline(time.Now().Add(after)) == nil
	if known && s.closing.Load() {
		s.linger()
	}
	return known
}

// clearDeadline takes back that of a write which was taken. The timer of a transport that
// is not the kernel's may keep it, closed, until its deadline: a net.Pipe's does, and
// cannot be stopped once either end is closed. If it closes just now, see setDeadline.
func (s *Socket) clearDeadline() {
	if s.kernel.known() || s.closing.Load() {
		return
	}
	_ = s.Conn.SetWriteDeadline(time.Time{})
	if s.closing.Load() {
		s.linger()
	}
}

// onceMore tries what has run out of time: this process may have been stopped, and the
// peer have room since. Where the kernel cannot be asked, being late tells of that.
func (s *Socket) onceMore(p []byte, late time.Duration, reason error) (int, error) {
	if !s.kernel.known() && late > 0 && s.setDeadline(Patience(late)) {
		return s.Conn.Write(p[:min(len(p), piece)])
	}
	n, err := s.kernel.write(p)
	if n == 0 && err == nil {
		err = reason
	}
	return n, err
}

// excused reports whether a write that ran out of time is no fault of the peer:
// it took something, or it waits itself for this side to read, which a slow
// handler keeps from reading.
func (s *Socket) excused(err error, n int, began time.Duration) bool {
	if !errs.Wraps(err, os.ErrDeadlineExceeded) || s.closing.Load() {
		return false
	}
	return n > 0 || s.heldBack(began)
}

// heldBack reports whether reading was paused at some time since.
func (s *Socket) heldBack(since time.Duration) bool {
	return s.paused() || s.LastResumed() >= since && s.lastResume.Load() != 0
}
