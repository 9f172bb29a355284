package reader

import (
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// runPolled delivers what is there, and what the kernel has, for as long as the handler
// has room.
func (r *Reader) runPolled() {
	if r.finishing.Load() || r.ended {
		return
	}
	incomplete := r.readAll()
	r.settle()
	if incomplete {
		r.finish()
	}
}

// readAll reports whether what is left is the beginning of a message.
func (r *Reader) readAll() bool {
	for turn := range fair {
		if !r.deliverAll() {
			return false
		}
		if r.broken != nil && r.ws.Socket.Fragmented() {
			return true // what came before the end is read first
		}
		if r.broken != nil {
			r.end(r.ws.ReadError(r.broken))
			return false
		}
		if r.ws.Socket.Full() || !r.expects(turn) {
			return r.ws.Socket.Begun()
		}
		r.fill()
	}
	r.wakeUp() // others wait
	return false
}

// fill takes in what the kernel has, and reports whether that was anything.
func (r *Reader) fill() bool {
	if r.ws.Socket.Full() || r.broken != nil {
		r.news.Store(true)
		return false
	}
	r.news.Store(false) // first: what comes while it reads is news again
	if r.hangUp.Load() {
		r.hangUp.Store(false)
		r.toTheEnd = true // of which the kernel says nothing more
	}
	n, more, err := r.ws.Socket.Fill()
	if n == 0 && err == nil {
		r.toTheEnd = false // it was not the peer's close, or the peer's of another
	}
	if more || err != nil || r.toTheEnd {
		r.news.Store(true)
	}
	r.broken = err
	return n > 0 || err != nil
}

// expects reports whether there may be something to read. A socket that this side
// closes is no news, but reading it fails.
func (r *Reader) expects(turn int) bool {
	return r.news.Load() || turn == 0 && r.ws.Socket.Closing()
}

// fair is how many times a reader reads before others have their turn.
const fair = 16

// deliverAll delivers the messages that are there as a whole, and reports whether
// there may be more.
func (r *Reader) deliverAll() bool {
	for {
		whole := r.ws.Socket.Whole()
		if !whole && !r.ws.Socket.HasPart() {
			return true
		}
		if r.full() {
			return false
		}
		if err := r.take(whole); err != nil {
			r.end(err)
			return false
		}
	}
}

// take delivers what is there as a whole, or takes in what there is of it.
func (r *Reader) take(whole bool) error {
	if !whole {
		if err := r.ws.Socket.BeginPart(); err != nil {
			return r.ws.ReadError(err)
		}
		return nil
	}
	if err := r.readOne(); err != nil && !errs.Wraps(err, transport.ErrLater) {
		return err
	}
	return nil
}
