package mailbox

import (
	"runtime"
	"sync"
	"testing"
)

// Each producer's messages come out in the order in which it pushed them.
func TestQueue(t *testing.T) {
	const producers, each = 8, 10_000
	var q Queue
	if q.Pop() != nil {
		t.Error("a new queue has a message")
	}
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := range each {
				q.Push([2]int{p, n})
			}
		})
	}
	var next [producers]int
	for got := 0; got < producers*each; {
		m, ok := q.Pop().([2]int)
		if !ok {
			runtime.Gosched()
			continue
		}
		if got++; m[1] != next[m[0]] {
			t.Fatalf("producer %d: got %d, want %d", m[0], m[1], next[m[0]])
		}
		next[m[0]]++
	}
	wg.Wait()
	if q.Pop() != nil {
		t.Error("one too many")
	}
}

// What one producer pushes comes out in that order.
func TestQueueOrder(t *testing.T) {
	var q Queue
	for round := range 3 {
		for i := range 100 {
			q.Push(i)
		}
		for i := range 100 {
			if got := q.Pop(); got != i {
				t.Fatalf("round %d: got %v, want %d", round, got, i)
			}
		}
		if q.Pop() != nil || q.Waiting() {
			t.Fatal("not empty")
		}
	}
}
