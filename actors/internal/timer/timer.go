// Package timer has a time.AfterFunc of which nothing is left once it is stopped. It knows
// neither what is to be done nor for whom.
package timer

import (
	"sync/atomic"
	"time"
)

// Timer calls a function after a while, once and on a goroutine of its own, unless it is
// stopped before.
//
// The runtime keeps a stopped timer until it would have been due, unless a quarter of all
// that it has are stopped: a time.Timer would keep an ended connection for as long as a
// client may be idle. All methods may be called from any goroutine.
type Timer struct {
	runtime *time.Timer
	call    func()      // AfterFunc sets it, whoever sets over takes it
	over    atomic.Bool // Stop or ring sets it, the other finds it set
}

// AfterFunc calls f after d.
func AfterFunc(d time.Duration, f func()) *Timer {
	t := &Timer{call: f}
	t.runtime = time.AfterFunc(d, t.ring)
	return t
}

// Stop has nothing be called, unless it was called before, and keeps nothing of it.
func (t *Timer) Stop() {
	t.runtime.Stop()
	if !t.over.Swap(true) {
		t.call = nil
	}
}

func (t *Timer) ring() {
	if !t.over.Swap(true) {
		f := t.call
		t.call = nil
		f()
	}
}
