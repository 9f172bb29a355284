package actors

import (
	"sync"
	"sync/atomic"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// lane is the send lane: the queue of unsent messages, bounded in messages and
// in bytes, for many producers and one consumer, without a lock.
//
// What is urgent goes ahead, in a queue of its own under the same bounds. A place of
// the lane holds a message, a parcel, or a key whose latest parcel is taken when its
// turn comes: see keys.
//
// A producer first reserves room in state, then draws a ticket, which is a slot
// of the ring that nobody else has. The ring is made of pooled chunks that
// exist only while they hold messages, so that an idle lane is small, a busy
// one allocates nothing, and the consumer never moves memory.
type lane struct {
	maxMessages int
	maxBytes    int64
	// slack is how many times the bounds a producer may fill, at least 1. Over 1,
	// the consumer is to drop something until the bounds hold again: only it can.
	slack int32
	// forKeys says that it drops what has a key: there is slack while something has.
	forKeys bool

	// state is closed (1 bit), messages (23 bits) and bytes (40 bits), in one
	// word so that all three change together.
	state atomic.Uint64
	tail  atomic.Uint64 // the next ticket
	head  uint64        // the consumer's: the next ticket to pop
	ring  atomic.Pointer[ring]

	urgent mailbox.Queue
	keys   atomic.Pointer[keys] // nil until one is used
}

const (
	chunkSize  = 32
	bytesBits  = 40
	closedBit  = 1 << 63
	oneMessage = 1 << bytesBits
	bytesMask  = oneMessage - 1

	// What the bits of state can count, with the most slack.
	maxLaneMessages = 1<<22 - 1
	maxLaneBytes    = bytesMask / 2
)

// ring holds one chunk more than the messages need, so that a chunk is wholly
// consumed, and returned to the pool, before a ticket of the next round falls
// on its place.
type ring []atomic.Pointer[chunk]

type chunk [chunkSize]slot

type slot struct {
	filled  atomic.Bool
	message any
}

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// push queues a message of size bytes, or returns why it does not:
// a ClosedError, MessageTooLargeError or QueueFullError.
func (l *lane) push(message any, size int) error {
	if err := l.reserve(1, size); err != nil {
		return err
	}
	l.put(message)
	return nil
}

// pushUrgent queues a message ahead of all that is not urgent.
func (l *lane) pushUrgent(message any, size int) error {
	if err := l.reserve(1, size); err != nil {
		return err
	}
	l.urgent.Push(message)
	return nil
}

// put fills a slot of one's own with what is reserved for.
func (l *lane) put(message any) {
	s := l.slot(l.tail.Add(1) - 1)
	s.message = message
	s.filled.Store(true)
}

// reserve reserves room for n messages, 0 or 1, and for bytes, or returns why not.
func (l *lane) reserve(n, size int) error {
	if int64(size) > l.maxBytes {
		return &messages.MessageTooLargeError{Size: size, Limit: l.maxBytes}
	}
	for {
		state := l.state.Load()
		if state&closedBit != 0 {
			return &messages.ClosedError{}
		}
		slack := l.room()
		if queued, bytes := unpack(state); queued+n > l.maxMessages*slack || bytes+int64(size) > l.maxBytes*int64(slack) {
			return &messages.QueueFullError{Queued: queued, Buffered: bytes}
		}
		if l.state.CompareAndSwap(state, state+uint64(n)*oneMessage+uint64(size)) {
			return nil
		}
	}
}

// release gives back what was reserved.
func (l *lane) release(n, size int) { l.state.Add(-(uint64(n)*oneMessage + uint64(size))) }

// pop is take and release.
func (l *lane) pop() any {
	message := l.take()
	if message != nil {
		l.release(1, sizeOf(message))
	}
	return message
}

// take returns the next message or nil: a *messages.Send, in an envelope or not, or
// a *parcel. Its room is still to be released. Only the consumer calls it.
func (l *lane) take() any {
	for message := l.urgent.Pop(); message != nil; message = l.urgent.Pop() {
		if taken := l.latest(message); taken != nil {
			return taken
		}
	}
	return l.oldest()
}

// oldest is take, but for what is urgent.
func (l *lane) oldest() any {
	for message := l.first(); message != nil; message = l.first() {
		if taken := l.latest(message); taken != nil {
			return taken
		}
	}
	return nil
}

// first takes what is in the oldest place.
func (l *lane) first() any {
	if k := l.overflowing(); k != nil {
		return k.shift()
	}
	return l.shift()
}

// shift takes what is in the oldest slot of the ring. One whose producer has drawn
// its ticket but not yet filled it holds back those behind it: its producer wakes
// the consumer once it has.
func (l *lane) shift() any {
	if !l.filled(l.head) {
		return nil
	}
	s := l.slot(l.head)
	message := s.message
	s.message = nil
	s.filled.Store(false)
	l.head++
	if l.head%chunkSize == 0 {
		chunks.Put(l.place(l.head - 1).Swap(nil))
	}
	return message
}

// passed is the ticket before which everything has been taken. Only the consumer
// calls it.
func (l *lane) passed() uint64 {
	if k := l.overflowing(); k != nil {
		return k.backlog[0].ticket
	}
	return l.head
}

// excess reports whether more is queued than the bounds allow.
func (l *lane) excess() bool {
	queued, bytes := l.depth()
	return queued > l.maxMessages || bytes > l.maxBytes
}

// filled reports whether the slot of a ticket that is not yet popped is filled.
func (l *lane) filled(ticket uint64) bool {
	if l.ring.Load() == nil {
		return false
	}
	c := l.place(ticket).Load()
	return c != nil && c[ticket%chunkSize].filled.Load()
}

// slot returns the slot of a ticket, which pins its chunk.
func (l *lane) slot(ticket uint64) *slot {
	place := l.place(ticket)
	c := place.Load()
	if c == nil {
		c = chunks.Get().(*chunk)
		if !place.CompareAndSwap(nil, c) {
			chunks.Put(c)
			c = place.Load()
		}
	}
	return &c[ticket%chunkSize]
}

func (l *lane) place(ticket uint64) *atomic.Pointer[chunk] {
	r := l.ring.Load()
	if r == nil {
		made := make(ring, (l.maxMessages*int(l.slack)+chunkSize-1)/chunkSize+1)
		if !l.ring.CompareAndSwap(nil, &made) {
			return l.place(ticket)
		}
		r = &made
	}
	return &(*r)[ticket/chunkSize%uint64(len(*r))]
}

// forget drops the memory of a lane that is closed, once nobody who came before that is
// still in the act of queueing. Only the consumer calls it.
func (l *lane) forget() {
	if queued, _ := l.depth(); queued == 0 && l.closed() && l.ring.Load() != nil {
		l.ring.Store(nil)
		l.keys.Store(nil)
	}
}

// close refuses every later push and reports whether it was the first to.
func (l *lane) close() bool { return l.state.Or(closedBit)&closedBit == 0 }

func (l *lane) closed() bool { return l.state.Load()&closedBit != 0 }

// depth returns the messages and bytes that are queued.
func (l *lane) depth() (queued int, bytes int64) {
	queued, bytes = unpack(l.state.Load())
	if k := l.keys.Load(); k != nil {
		queued = max(queued-int(k.withdrawn.Load()), 0)
	}
	return queued, bytes
}

func unpack(state uint64) (queued int, bytes int64) {
	return int(state &^ closedBit >> bytesBits), int64(state & bytesMask)
}
