package actors

import (
	"errors"
	"os"
	"time"
)

const (
	// attention is how long a goroutine stays at a socket on which nothing arrives.
	attention = 500 * time.Millisecond
	// busyGap is how soon an arrival must follow the one before, and busyStreak how
	// often, for a goroutine to stay: not for a heartbeat.
	busyGap    = 50 * time.Millisecond
	busyStreak = 4
)

// attend stays at a busy socket, on a goroutine that waits in the Go runtime's own
// poller, as everybody's do, instead of in the tree's: only idle sockets have none.
// With a message in flight on each of 100 connections, that is one system call and
// two changes of goroutine less for each.
func (r *reader) attend() {
	if !r.attending.CompareAndSwap(false, true) {
		return
	}
	if !r.finishing.Load() { // or another reads under the lock that waiting takes
		r.unwatch()
		for r.attending.Load() && r.stay() {
		}
	}
	r.attending.Store(false)
	if !r.sock.closing.Load() {
		r.watch() // also if another did so before unwatch
	}
}

// neglected has the tree's poller take over from a goroutine that leaves, or has to:
// waiting, it would keep others from reading.
func (r *reader) neglected() {
	if r.attending.CompareAndSwap(true, false) {
		_ = r.sock.Conn.SetReadDeadline(time.Unix(1, 0))
		r.watch()
	}
}

// stay serves the socket until nothing arrives for a while, and reports whether
// something had.
func (r *reader) stay() bool {
	began := r.sock.now()
	_ = r.sock.Conn.SetReadDeadline(time.Now().Add(attention))
	defer func() { _ = r.sock.Conn.SetReadDeadline(time.Time{}) }()
	for arrived := r.arrived; r.attending.Load(); {
		if err := r.sock.try.wait(arrived); err != nil {
			return errors.Is(err, os.ErrDeadlineExceeded) && r.sock.life() > began
		}
		r.step()
	}
	return false
}

// arrived takes in what there is, and reports whether there is anything to do.
//
// It runs inside RawConn.Read, where closing the socket would wait for it: so what
// may take longer than a system call comes after it. (To do it all in there saves
// the read that finds nothing: 2 to 3 % of the echoes.)
func (r *reader) arrived() bool {
	if !r.status.CompareAndSwap(idle, running) {
		r.news.Store(true)
		r.wakeUp() // another runs the reader, or has just
		return false
	}
	something := r.finishing.Load() || r.fill()
	r.status.Store(idle)
	return something || r.system.waiting() || r.queue.waiting()
}

// step has the reader look what there is to do, on this goroutine.
func (r *reader) step() {
	if !r.woken.Swap(true) {
		r.queue.push(look)
	}
	if r.status.CompareAndSwap(idle, running) {
		r.processAndThen()
	}
}

// watch has the tree's poller tell of the socket, also of what is there now. It
// reports whether it will.
func (r *reader) watch() (ok bool) {
	_ = r.sock.try.control(func(fd uintptr) { ok = r.sock.poller.add(int(fd), r) == nil })
	return ok
}

func (r *reader) unwatch() {
	_ = r.sock.try.control(func(fd uintptr) { r.sock.poller.remove(int(fd), r) })
}
