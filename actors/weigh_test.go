package actors_test

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// weigh is what the heap holds now: pools, and what has a finalizer, take a second look.
func weigh() int64 {
	forgetTimers()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// settled is what it holds once nothing more is let go of.
func settled() int64 {
	runtime.GC()
	for last := weigh(); ; {
		now := weigh()
		if now > last-1<<10 {
			return now
		}
		last = now
	}
}

// keeps waits until each of n that have ended keeps at most so many bytes: what a timer
// holds, or a pool, is let go of in its time. It reports false if that is clearly less than
// nothing: of what was there before something was let go of only now, and might hide as
// much that is kept.
func keeps(t *testing.T, what string, before int64, n int, least, most int64) bool {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	each := (weigh() - before) / int64(n)
	for ; each > most; each = (weigh() - before) / int64(n) {
		select {
		case <-deadline.C:
			t.Fatalf("an ended connection keeps %d bytes %s", each, what)
		default:
			runtime.Gosched()
		}
	}
	return each >= -least
}

// stockpile has the runtime make so many goroutines, which it keeps for ever once they
// have ended, to be used again: half a kilobyte each. Of that it has as many as there ever
// were at once, which on a busy machine is a matter of chance.
func stockpile(n int) {
	var all sync.WaitGroup
	end := make(chan struct{})
	for range n {
		all.Go(func() { <-end })
	}
	close(end)
	all.Wait()
}

// forgetTimers has the runtime let go of timers that were stopped, such as those of
// httptest and net.Pipe, and what they hold: each of its processors does so itself, when
// more than a quarter of those it has are stopped. So one has them all, and more.
func forgetTimers() {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 1000 {
		time.AfterFunc(time.Hour, func() {}).Stop()
	}
	runtime.Gosched()
}
