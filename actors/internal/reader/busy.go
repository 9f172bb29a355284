package reader

import (
	"errors"
	"os"
	"time"
)

// busyTimeout is how long a goroutine stays at a socket on which nothing arrives.
const busyTimeout = 500 * time.Millisecond

// runBusy stays at a busy socket, on a goroutine that waits in the Go runtime's own
// poller, as everybody's do, instead of in the tree's: only idle sockets have none.
// With a message in flight on each of 100 connections, that is one system call and
// two changes of goroutine less for each.
func (r *Reader) runBusy() {
	if !r.lease.take() {
		return
	}
	defer r.endBusy() // also if a handler ends the goroutine
	if r.finishing.Load() {
		return // another reads under the lock that waiting takes
	}
	r.ws.Socket.Unwatch()
	for r.lease.valid() && r.serve() {
	}
}

// endBusy is the end of runBusy: the tree's poller takes over, if it has not already.
func (r *Reader) endBusy() {
	_ = r.ws.Socket.SetReadDeadline(time.Time{})
	r.ws.Socket.Watch()
	r.lease.giveBack() // last: the next that stays does all this in its turn
}

// leaveToPoller has the tree's poller take over from a goroutine that stays and has to
// leave: waiting, it would keep others from reading, and in a handler that blocks it
// reads nothing itself. Such a socket is not worth another that stays.
//
// The order is that in which nobody is deaf: the one that stays has told the poller to
// be silent before it looks whether it may.
func (r *Reader) leaveToPoller() {
	r.ws.Socket.Calm()
	if r.lease.revoke() {
		_ = r.ws.Socket.SetReadDeadline(time.Unix(1, 0))
		r.ws.Socket.Watch()
	}
}

// serve serves the socket until nothing arrives for a while, and reports whether
// something had.
func (r *Reader) serve() bool {
	began := r.ws.Socket.Now()
	_ = r.ws.Socket.SetReadDeadline(time.Now().Add(busyTimeout))
	for arrived := r.arrived; r.lease.valid(); {
		if err := r.ws.Socket.Wait(arrived); err != nil {
			return errors.Is(err, os.ErrDeadlineExceeded) && r.ws.Socket.LastRead() > began
		}
		r.step()
	}
	return false
}

// arrived takes in what there is, and reports whether there is anything to do.
//
// It runs inside RawConn.Read, where closing the socket would wait for it: so what
// may take longer than to read comes after it. (To do it all in there saves
// the read that finds nothing: 2 to 3 % of the echoes.)
func (r *Reader) arrived() bool {
	if !r.inbox.Take() {
		r.news.Store(true)
		r.wakeUp() // another runs the reader, or has just
		return false
	}
	something := r.finishing.Load() || r.ended || r.fill()
	posted := r.inbox.GiveBack()
	return something || posted
}

// step has the reader look what there is to do, and then the handler, on this
// goroutine. It is at the socket already: nothing in here may begin to stay there, or
// the stack would grow with every message.
func (r *Reader) step() {
	if !r.woken.Swap(true) {
		r.inbox.Queue.Push(look)
	}
	if r.inbox.RunHere() {
		r.handOff()
	}
}
