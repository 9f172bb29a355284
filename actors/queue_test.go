package actors

import (
	"runtime"
	"sync"
	"testing"
)

// Each producer's messages come out in the order in which it pushed them.
func TestQueue(t *testing.T) {
	const producers, each = 8, 10_000
	var q queue
	if q.pop() != nil {
		t.Error("a new queue has a message")
	}
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := range each {
				q.push([2]int{p, n})
			}
		})
	}
	var next [producers]int
	for got := 0; got < producers*each; {
		m, ok := q.pop().([2]int)
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
	if q.pop() != nil {
		t.Error("one too many")
	}
}

// What one producer pushes comes out in that order.
func TestQueueOrder(t *testing.T) {
	var q queue
	for round := range 3 {
		for i := range 100 {
			q.push(i)
		}
		for i := range 100 {
			if got := q.pop(); got != i {
				t.Fatalf("round %d: got %v, want %d", round, got, i)
			}
		}
		if q.pop() != nil || q.waiting() {
			t.Fatal("not empty")
		}
	}
}
