package transport

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/timer"
)

// A transport need not know deadlines: an SSH channel does not. There, a timer ends
// what takes too long. Nor need its Close end a Read or a Write that waits for the
// other side, though net.Conn says so: then the connection goes on without the
// goroutine that waits.

// morsel is how much of a message is written at a time where a write that is under way
// does not tell how much of it was taken.
const morsel = 4 << 10

// overdue fails a transport without deadlines when a write makes no progress in time.
type overdue struct {
	sock  *Socket
	began time.Duration
	done  atomic.Bool                 // the writer sets it, the timer reads it
	timer atomic.Pointer[timer.Timer] // set by whoever starts it
	late  bool                        // the timer itself was: the timer's
}

// writeTimed writes p, and gives up when that takes too long.
func (s *Socket) writeTimed(p []byte) (int, error) {
	o := &overdue{sock: s, began: s.Now()}
	o.start()
	n, err := s.Conn.Write(p)
	o.done.Store(true)
	o.timer.Load().Stop()
	return n, err
}

func (o *overdue) start() { o.after(o.sock.timeout) }

func (o *overdue) after(d time.Duration) { o.timer.Store(timer.AfterFunc(d, o.ring)) }

func (o *overdue) ring() {
	switch late := o.sock.Now() - o.began - o.sock.timeout; {
	case o.done.Load():
	case late > 0 && !o.late: // as if this process was stopped: the write has its turn
		o.late = true
		o.after(Patience(late))
	case o.sock.heldBack(o.began):
		o.began = o.sock.Now()
		o.start()
	default:
		o.sock.fail(os.ErrDeadlineExceeded) // and the connection closes it
	}
}

// shutAfter closes the transport after a while, whoever still writes.
func (s *Socket) shutAfter(d time.Duration) { time.AfterFunc(d, func() { _ = s.shut() }) }
