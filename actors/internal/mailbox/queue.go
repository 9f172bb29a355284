package mailbox

import "sync/atomic"

// Queue is unbounded, for many producers and one consumer. Producers push on a
// stack; the consumer takes the whole stack at once and turns it round. So an
// empty queue is two nil pointers: an idle connection has eight of them. (Vyukov's
// queue, which was here before, keeps a node of 24 bytes in each.)
type Queue struct {
	in  atomic.Pointer[Node] // the newest first: producers push, the consumer takes all
	out *Node                // the consumer's: the oldest first
}

// Node is a message in a queue. Who makes its own, as a part of the message say, saves
// an allocation: see PushAll.
type Node struct {
	Next    *Node
	Message any
}

// Push may be called by anybody.
func (q *Queue) Push(message any) {
	n := &Node{Message: message}
	q.PushAll(n, n)
}

// PushAll pushes a chain of nodes at once, from the newest to the oldest. They are
// the queue's until they are popped.
func (q *Queue) PushAll(newest, oldest *Node) {
	for {
		head := q.in.Load()
		oldest.Next = head
		if q.in.CompareAndSwap(head, newest) {
			return
		}
	}
}

// Pop returns the oldest message or nil. Only the consumer calls it.
func (q *Queue) Pop() any {
	if q.out == nil {
		q.turn()
	}
	n := q.out
	if n == nil {
		return nil
	}
	q.out, n.Next = n.Next, nil // one who keeps the message must not keep those behind it
	return n.Message
}

func (q *Queue) turn() {
	if !q.Waiting() {
		return
	}
	for n := q.in.Swap(nil); n != nil; {
		n.Next, q.out, n = q.out, n, n.Next
	}
}

// Empty reports whether Pop would return nil. Only the consumer calls it.
func (q *Queue) Empty() bool { return q.out == nil && !q.Waiting() }

// Waiting reports whether something was pushed since the consumer last turned to
// it. Unlike Pop it may be called by whoever has just ceased to be the consumer.
func (q *Queue) Waiting() bool { return q.in.Load() != nil }
