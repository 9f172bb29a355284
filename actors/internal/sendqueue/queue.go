// Package sendqueue is what is to be sent: the queue of unsent messages with its bounds,
// what was handed to a socket and is not settled, and the questions that wait for an
// answer. It knows neither connections nor sockets, and sends nothing: what was dropped,
// replaced or settled it returns, and its user tells whom it concerns.
package sendqueue

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// Queue is the queue of unsent messages, bounded in messages and in bytes, for many
// producers and one consumer, without a lock.
//
// What is urgent goes ahead, in a queue of its own under the same bounds. A place of
// the queue holds a message, a Delivery, or a key whose latest Delivery is taken when its
// turn comes: see keys.
//
// A producer first reserves room in state, then draws a ticket, which is a slot
// of the ring that nobody else has: see ring.
type Queue struct {
	limits *Limits // which many share

	// state is closed (1 bit), messages (23 bits) and bytes (40 bits), in one
	// word so that all three change together.
	state atomic.Uint64 // producers reserve, whoever takes or drops releases, anybody reads
	tail  atomic.Uint64 // the next ticket: producers draw
	head  uint64        // the consumer's: the next ticket to pop
	ring  atomic.Pointer[ring]

	urgent mailbox.Queue
	keys   atomic.Pointer[keys] // nil until one is used
}

// Limits are the bounds of a queue.
type Limits struct {
	Messages int
	Bytes    int64
	// Slack is how many times the bounds a producer may fill, at least 1. Over 1,
	// the consumer is to drop something until the bounds hold again: only it can.
	Slack int32
	// ForKeys says that it drops what has a key: there is slack while something has.
	ForKeys bool
}

// Init sets the limits, before anybody else knows the queue. They do not change.
func (q *Queue) Init(limits *Limits) { q.limits = limits }

const (
	bytesBits  = 40
	closedBit  = 1 << 63
	oneMessage = 1 << bytesBits
	bytesMask  = oneMessage - 1

	// What the bits of state can count, with the most slack: the largest limits.
	MaxMessages = 1<<22 - 1
	MaxBytes    = bytesMask / 2
)

// Push queues a message of size bytes, or returns why it does not:
// a ClosedError, MessageTooLargeError or QueueFullError.
func (q *Queue) Push(message any, size int) error {
	if err := q.reserve(1, size); err != nil {
		return err
	}
	q.put(message)
	return nil
}

// PushUrgent queues a message ahead of all that is not urgent.
func (q *Queue) PushUrgent(message any, size int) error {
	if err := q.reserve(1, size); err != nil {
		return err
	}
	q.urgent.Push(message)
	return nil
}

// put fills a slot of one's own with what is reserved for.
func (q *Queue) put(message any) {
	s := q.slot(q.tail.Add(1) - 1)
	s.message = message
	s.filled.Store(true)
}

// reserve reserves room for n messages, 0 or 1, and for bytes, or returns why not.
func (q *Queue) reserve(n, size int) error {
	if int64(size) > q.limits.Bytes {
		return &messages.MessageTooLargeError{Size: size, Limit: q.limits.Bytes}
	}
	for {
		state := q.state.Load()
		if state&closedBit != 0 {
			return &messages.ClosedError{}
		}
		slack := q.room()
		if queued, bytes := unpack(state); queued+n > q.limits.Messages*slack || bytes+int64(size) > q.limits.Bytes*int64(slack) {
			return &messages.QueueFullError{Queued: queued, Buffered: bytes}
		}
		if q.state.CompareAndSwap(state, state+uint64(n)*oneMessage+uint64(size)) {
			return nil
		}
	}
}

// Release gives back what was reserved.
func (q *Queue) Release(n, size int) { q.state.Add(-(uint64(n)*oneMessage + uint64(size))) }

// Pop is Take and Release.
func (q *Queue) Pop() any {
	message := q.Take()
	if message != nil {
		q.Release(1, SizeOf(message))
	}
	return message
}

// Take returns the next message or nil: a *messages.Send, in an envelope or not, or
// a *Delivery. Its room is still to be released. Only the consumer calls it.
func (q *Queue) Take() any {
	for message := q.urgent.Pop(); message != nil; message = q.urgent.Pop() {
		if taken := q.latest(message); taken != nil {
			return taken
		}
	}
	return q.oldest()
}

// oldest is Take, but for what is urgent.
func (q *Queue) oldest() any {
	for message := q.first(); message != nil; message = q.first() {
		if taken := q.latest(message); taken != nil {
			return taken
		}
	}
	return nil
}

// first takes what is in the oldest place.
func (q *Queue) first() any {
	if k := q.overflowing(); k != nil {
		return k.shift()
	}
	return q.shift()
}

// shift takes what is in the oldest slot of the ring. One whose producer has drawn
// its ticket but not yet filled it holds back those behind it: its producer wakes
// the consumer once it has.
func (q *Queue) shift() any {
	if !q.filled(q.head) {
		return nil
	}
	s := q.slot(q.head)
	message := s.message
	s.message = nil
	s.filled.Store(false)
	q.head++
	if q.head%chunkSize == 0 {
		q.ring.Load().leave(q.head - 1)
	}
	return message
}

// Passed is the ticket before which everything has been taken. Only the consumer
// calls it.
func (q *Queue) Passed() uint64 {
	if k := q.overflowing(); k != nil {
		return k.backlog[0].ticket
	}
	return q.head
}

// Excess reports whether more is queued than the bounds allow.
func (q *Queue) Excess() bool {
	queued, bytes := q.Depth()
	return queued > q.limits.Messages || bytes > q.limits.Bytes
}

// filled reports whether the slot of a ticket that is not yet popped is filled. Only the
// consumer calls it.
func (q *Queue) filled(ticket uint64) bool {
	r := q.ring.Load()
	if r == nil {
		return false
	}
	c := r.chunk(ticket)
	return c != nil && c[ticket%chunkSize].filled.Load()
}

// slot returns the slot of a ticket, which pins its chunk.
func (q *Queue) slot(ticket uint64) *slot {
	r := q.ring.Load()
	for r == nil {
		made := newRing(q.limits.Messages * int(q.limits.Slack))
		q.ring.CompareAndSwap(nil, &made)
		r = q.ring.Load()
	}
	return r.slot(ticket)
}

// Forget drops the memory of a queue that is closed, once nobody who came before that is
// still in the act of queueing. Only the consumer calls it.
func (q *Queue) Forget() {
	if queued, _ := q.Depth(); queued == 0 && q.Closed() && q.ring.Load() != nil {
		q.ring.Store(nil)
		q.keys.Store(nil)
	}
}

// Holds reports whether it holds memory besides its own. Only the consumer calls it.
func (q *Queue) Holds() bool {
	return q.ring.Load() != nil || q.keys.Load() != nil || !q.urgent.Empty()
}

// Close refuses every later push and reports whether it was the first to.
func (q *Queue) Close() bool { return q.state.Or(closedBit)&closedBit == 0 }

// Closed reports whether it was closed.
func (q *Queue) Closed() bool { return q.state.Load()&closedBit != 0 }

// Depth returns the messages and bytes that are queued.
func (q *Queue) Depth() (queued int, bytes int64) {
	queued, bytes = unpack(q.state.Load())
	if k := q.keys.Load(); k != nil {
		queued = max(queued-int(k.withdrawn.Load()), 0)
	}
	return queued, bytes
}

func unpack(state uint64) (queued int, bytes int64) {
	return int(state &^ closedBit >> bytesBits), int64(state & bytesMask)
}

// Idle reports whether nothing is queued and more may be.
func (q *Queue) Idle() bool { return q.state.Load() == 0 }

// Fits reports whether a message of a size ever can be queued.
func (q *Queue) Fits(size int) bool { return int64(size) <= q.limits.Bytes }

// Tail is the ticket of the next message: what was queued until now comes before it.
func (q *Queue) Tail() uint64 { return q.tail.Load() }

// HandedOver reports whether all before a ticket has been taken, and what was urgent.
// Only the consumer calls it.
func (q *Queue) HandedOver(ticket uint64) bool { return q.Passed() >= ticket && q.urgent.Empty() }

// SizeOf is what a message of the queue counts against its bound in bytes.
func SizeOf(message any) int {
	if d, ok := message.(*Delivery); ok {
		return d.Size()
	}
	return len(actor.UnwrapEnvelopeMessage(message).(*messages.Send).Data)
}
