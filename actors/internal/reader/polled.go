package reader

import (
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// pump delivers what is there, and what the kernel has, for as long as the handler
// has room.
func (r *Reader) pump() {
	if r.finishing.Load() || r.ended {
		return
	}
	incomplete := r.pumpAll()
	r.settle()
	if incomplete {
		r.finish()
	}
}

// pumpAll reports whether what is left is the beginning of a message.
func (r *Reader) pumpAll() bool {
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
	for r.ws.Socket.Whole() {
		if r.full() {
			return false
		}
		if err := r.one(); err != nil && !errs.Wraps(err, transport.ErrLater) {
			r.end(err)
			return false
		}
	}
	return true
}

// finish has a goroutine of the moment wait for the rest of a message that is too
// large to be gathered here, or in fragments. What is small the next news completes.
// What has come of it may be enough to be refused.
func (r *Reader) finish() {
	if err := r.ws.Socket.Inspect(); err != nil {
		r.end(r.ws.ReadError(err))
		return
	}
	if r.ws.Socket.Fits() || r.full() {
		return
	}
	r.finishing.Store(true)
	r.neglected()
	r.ws.Socket.SetPatient(true)
	go func() {
		err := r.oneApart()
		r.settle()
		if err != nil && !ws.CanHear(err) {
			r.ws.CloseNow() // the actor may have been stopped
		}
		r.inbox.PostUserMessage(&finished{err})
	}()
}

// full reports whether the handler has no room for another message; once it has,
// the reader is woken. When nothing is delivered any more there is no need to wait.
func (r *Reader) full() bool {
	if r.granted > 0 || r.silent.Load() {
		return r.resume()
	}
	if !r.paused.Load() {
		if r.granted = r.link.take(handOverAt); r.granted > 0 {
			return false
		}
	}
	if r.paused.Store(true); r.link.low() {
		r.granted = r.link.take(handOverAt)
		return r.resume()
	}
	return true
}

// resume notes that reading goes on.
func (r *Reader) resume() bool {
	if r.paused.Load() {
		r.ws.Socket.Resumed() // first: who sees that reading goes on sees since when
		r.paused.Store(false)
	}
	return false
}

// loop waits for each message.
func (r *Reader) loop() {
	err := error(nil)
	for err == nil {
		for r.full() {
			<-r.room
		}
		err = r.oneApart()
		r.settle()
	}
	r.sayEnded(err)
}
