package reader

import (
	"sync/atomic"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// Before anything is given up for silence, what has arrived is read: it may be this
// process that was stopped or slow, and not the peer. Only the moment of giving up
// pays for it.

// catchUp has somebody told when what had arrived by then is read.
type catchUp struct {
	reader *Reader
	told   func()
	upTo   uint64        // of all bytes the socket gets: what had arrived
	late   time.Duration // of whoever gives up
	bound  *timer.Timer
	over   atomic.Bool // told. Whoever sets it tells: the reader, or a timer
}

// AfterCatchingUp calls a function, somewhere, later. A reader that is nil will read
// nothing more.
func (r *Reader) AfterCatchingUp(late time.Duration, told func()) {
	if r == nil {
		told()
		return
	}
	m := &catchUp{reader: r, told: told, late: late}
	m.upTo = r.ws.Socket.Received() + uint64(r.ws.Socket.Unread())
	m.bound = timer.AfterFunc(transport.Patience(late)+transport.Grace, func() { m.say() }) // not tell, which needs what is set here
	r.inbox.PostUserMessage(m)
}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging.
func (*catchUp) IgnoreDeadLetterLogging() {}

// tell ends it, once.
func (m *catchUp) tell() {
	if m.say() {
		m.bound.Stop()
	}
}

// say reports whether it was the first to.
func (m *catchUp) say() bool {
	if m.over.Swap(true) {
		return false
	}
	m.told()
	return true
}

// catchUp reads what has arrived, or leaves it to the goroutine that does.
func (r *Reader) catchUp(m *catchUp) {
	if r.polled && !r.ended && !r.finishing.Load() {
		r.news.Store(true)
		r.runPolled()
	}
	switch {
	case m.over.Load():
	case !r.ended && (!r.polled || r.finishing.Load()):
		time.AfterFunc(transport.Patience(m.late), m.look)
	case !r.ended && r.behind(m.upTo):
		r.inbox.PostUserMessage(m) // others have their turn
	default:
		m.tell()
	}
}

// behind reports whether there is more to be read that can be. Under TLS fewer bytes are
// received than have arrived.
func (r *Reader) behind(upTo uint64) bool {
	return r.ws.Socket.Received() < upTo && r.ws.Socket.Unread() > 0 && !r.paused.Load()
}

// look is for a goroutine of which nothing can be asked: it has caught up when it waits
// for more, or has left the rest to the actor.
func (m *catchUp) look() {
	r := m.reader
	switch waits := r.ws.Socket.Reading() || r.paused.Load(); {
	case m.over.Load():
	case r.polled && !r.finishing.Load():
		r.inbox.PostUserMessage(m)
	case !waits || r.behind(m.upTo):
		time.AfterFunc(transport.Turn, m.look)
	default:
		m.tell()
	}
}
