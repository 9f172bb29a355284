package sendqueue

import (
	"sync"
	"sync/atomic"
)

// ring is where the messages of a queue are, by their tickets. It is made of pooled pages
// of pooled chunks, which exist only while they hold messages: so a large bound costs
// nothing until it is used (one of 65,536 has 66 pointers), a busy queue allocates nothing,
// and the consumer never moves memory.
//
// It has one page more than the messages need, so that a page is wholly consumed, and
// returned to the pool, before a ticket of the next round falls on its place. A ticket that
// is not popped pins its page and its chunk.
type ring []atomic.Pointer[page]

type page [pageChunks]atomic.Pointer[chunk]

type chunk [chunkSize]slot

type slot struct {
	filled  atomic.Bool // who has drawn the ticket sets it, the consumer takes it back
	message any
}

const (
	chunkSize  = 32 // messages
	pageChunks = 32
	pageSize   = pageChunks * chunkSize
)

var (
	pages  = sync.Pool{New: func() any { return new(page) }}
	chunks = sync.Pool{New: func() any { return new(chunk) }}
)

func newRing(most int) ring { return make(ring, (most+pageSize-1)/pageSize+1) }

func (r ring) page(ticket uint64) *atomic.Pointer[page] { return &r[ticket/pageSize%uint64(len(r))] }

func chunkIn(ticket uint64) uint64 { return ticket / chunkSize % pageChunks }

// slot returns the slot of a ticket of the caller's.
func (r ring) slot(ticket uint64) *slot {
	p := pinned(r.page(ticket), &pages)
	return &pinned(&p[chunkIn(ticket)], &chunks)[ticket%chunkSize]
}

// pinned returns what is at a place, from the pool if that is nothing.
func pinned[T any](place *atomic.Pointer[T], pool *sync.Pool) *T {
	if there := place.Load(); there != nil {
		return there
	}
	made := pool.Get().(*T)
	if place.CompareAndSwap(nil, made) {
		return made
	}
	pool.Put(made)
	return place.Load()
}

// chunk returns that of a ticket that is not popped, or nil if nobody has drawn one of it.
func (r ring) chunk(ticket uint64) *chunk {
	p := r.page(ticket).Load()
	if p == nil {
		return nil
	}
	return p[chunkIn(ticket)].Load()
}

// leave returns to the pool what the last ticket of a chunk has consumed.
func (r ring) leave(ticket uint64) {
	place := r.page(ticket)
	p := place.Load()
	chunks.Put(p[chunkIn(ticket)].Swap(nil))
	if chunkIn(ticket) == pageChunks-1 {
		place.Store(nil)
		pages.Put(p)
	}
}
