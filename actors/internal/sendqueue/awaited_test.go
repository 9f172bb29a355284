package sendqueue

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

func asking(id string) *Asking { return &Asking{Ask: &messages.Ask{ID: id}} }

// An answer is for the ask that waits for it, of that epoch, once.
func TestAwaited(t *testing.T) {
	var w Awaited
	if w.Take("1", 1) != nil || w.Forgo(asking("1")) || w.Any() {
		t.Error("nothing is awaited yet")
	}
	a, same := asking("1"), asking("1")
	if !w.Await(a, 1) || w.Await(same, 1) || same.Epoch != 0 {
		t.Error("two wait with one id")
	}
	if w.Take("2", 1) != nil || w.Take("1", 2) != nil || w.Take("1", 1) != a || w.Take("1", 1) != nil {
		t.Error("taken by another, or not at all")
	}
	w.Await(a, 2)
	w.Await(asking("2"), 2)
	n := 0
	for range w.All {
		n++
	}
	if n != 2 || !w.Forgo(a) || w.Forgo(a) {
		t.Errorf("%d wait", n)
	}
	if w.Forget(); w.Any() {
		t.Error("it keeps them")
	}
}

// Whoever takes an ask out is the only one.
func TestAwaitedOnce(t *testing.T) {
	var w Awaited
	for range 2000 {
		a := asking("1")
		w.Await(a, 1)
		var taken atomic.Int64
		var both sync.WaitGroup
		both.Go(func() {
			if w.Take("1", 1) == a {
				taken.Add(1)
			}
		})
		both.Go(func() {
			if w.Forgo(a) {
				taken.Add(1)
			}
		})
		both.Wait()
		if taken.Load() != 1 {
			t.Fatalf("taken by %d", taken.Load())
		}
	}
}
