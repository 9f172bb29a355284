package actors

import "sync/atomic"

// queue is unbounded, for many producers and one consumer. Producers push on a
// stack; the consumer takes the whole stack at once and turns it round. So an
// empty queue is two nil pointers: an idle connection has eight of them. (Vyukov's
// queue, which was here before, keeps a node of 24 bytes in each.)
type queue struct {
	in  atomic.Pointer[node] // the newest first
	out *node                // the consumer's: the oldest first
}

type node struct {
	next    *node
	message any
}

// push may be called by anybody.
func (q *queue) push(message any) {
	n := &node{message: message}
	q.pushAll(n, n)
}

// pushAll pushes a chain of nodes at once, from the newest to the oldest. They are
// the queue's until they are popped.
func (q *queue) pushAll(newest, oldest *node) {
	for {
		head := q.in.Load()
		oldest.next = head
		if q.in.CompareAndSwap(head, newest) {
			return
		}
	}
}

// pop returns the oldest message or nil. Only the consumer calls it.
func (q *queue) pop() any {
	if q.out == nil {
		q.turn()
	}
	n := q.out
	if n == nil {
		return nil
	}
	q.out, n.next = n.next, nil // one who keeps the message must not keep those behind it
	return n.message
}

func (q *queue) turn() {
	if !q.waiting() {
		return
	}
	for n := q.in.Swap(nil); n != nil; {
		n.next, q.out, n = q.out, n, n.next
	}
}

// empty reports whether pop would return nil. Only the consumer calls it.
func (q *queue) empty() bool { return q.out == nil && !q.waiting() }

// waiting reports whether something was pushed since the consumer last turned to
// it. Unlike pop it may be called by whoever has just ceased to be the consumer.
func (q *queue) waiting() bool { return q.in.Load() != nil }
