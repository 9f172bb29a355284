package actors

import "sync/atomic"

// queue is unbounded, for many producers and one consumer: Vyukov's
// non-intrusive MPSC node queue. It is for what is rare and must never wait.
type queue struct {
	head atomic.Pointer[node] // producers append here
	tail *node                // consumer's: the last node popped
}

type node struct {
	next    atomic.Pointer[node]
	message any
}

func (q *queue) init() {
	stub := &node{}
	q.head.Store(stub)
	q.tail = stub
}

// push may be called by anybody.
func (q *queue) push(message any) {
	n := &node{message: message}
	q.head.Swap(n).next.Store(n)
}

// pop returns the oldest message or nil. Only the consumer calls it.
func (q *queue) pop() any {
	next := q.tail.next.Load()
	if next == nil {
		return nil
	}
	message := next.message
	next.message = nil
	q.tail = next
	return message
}

// empty reports whether pop would return nil. Unlike pop it may be called by
// whoever has just ceased to be the consumer.
func (q *queue) empty(tail *node) bool { return tail.next.Load() == nil }
