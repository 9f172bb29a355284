package sendqueue

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

func newQueue(maxMessages int, maxBytes int64) *Queue {
	return &Queue{limits: &Limits{Messages: maxMessages, Bytes: maxBytes, Slack: 1}}
}

func numbered(producer, number int) *messages.Send {
	return messages.Binary([]byte{byte(producer), byte(number), byte(number >> 8), byte(number >> 16)})
}

func numbersOf(m any) (producer, number int) {
	d := m.(*messages.Send).Data
	return int(d[0]), int(d[1]) | int(d[2])<<8 | int(d[3])<<16
}

// What goes in comes out, in order, however often the ring goes round.
func TestQueueOrder(t *testing.T) {
	l := newQueue(5, 1<<20)
	next := 0
	for i := range 10_000 {
		if err := l.Push(numbered(0, i), 4); err != nil {
			t.Fatal(err)
		}
		for queued, _ := l.Depth(); queued > i%5; queued-- {
			if _, n := numbersOf(l.Pop()); n != next {
				t.Fatalf("got %d, want %d", n, next)
			}
			next++
		}
	}
}

func TestQueueBounds(t *testing.T) {
	l := newQueue(2, 10)
	push := func(size int) error { return l.Push(messages.Binary(make([]byte, size)), size) }
	var full *messages.QueueFullError
	var large *messages.MessageTooLargeError
	if err := push(11); !errors.As(err, &large) || large.Size != 11 || large.Limit != 10 {
		t.Errorf("larger than the queue: %v", err)
	}
	if err := push(10); err != nil {
		t.Error(err)
	}
	if err := push(1); !errors.As(err, &full) || full.Queued != 1 || full.Buffered != 10 {
		t.Errorf("a byte too many: %v", err)
	}
	if err := push(0); err != nil {
		t.Error(err)
	}
	if err := push(0); !errors.As(err, &full) || full.Queued != 2 {
		t.Errorf("a message too many: %v", err)
	}
	l.Pop()
	if queued, bytes := l.Depth(); queued != 1 || bytes != 0 {
		t.Errorf("%d messages, %d bytes", queued, bytes)
	}
	if err := push(10); err != nil {
		t.Error(err)
	}
}

func TestQueueClose(t *testing.T) {
	l := newQueue(10, 10)
	_ = l.Push(messages.Binary([]byte("x")), 1)
	if !l.Close() || l.Close() {
		t.Error("not exactly the first close is the first")
	}
	if err := l.Push(messages.Binary(nil), 0); !errors.As(err, new(*messages.ClosedError)) {
		t.Errorf("push after close: %v", err)
	}
	if queued, bytes := l.Depth(); queued != 1 || bytes != 1 || l.Pop() == nil || l.Pop() != nil {
		t.Error("what was queued before is lost")
	}
}

// Many producers lose, double and reorder nothing, at a bound that they hit.
func TestQueueProducers(t *testing.T) {
	const producers, each = 8, 20_000
	l := newQueue(100, 1<<20)
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := 0; n < each; {
				if l.Push(numbered(p, n), 4) == nil {
					n++
				} else {
					runtime.Gosched()
				}
			}
		})
	}
	var next [producers]int
	for got := 0; got < producers*each; {
		m := l.Pop()
		if m == nil {
			runtime.Gosched()
			continue
		}
		got++
		p, n := numbersOf(m)
		if n != next[p] {
			t.Fatalf("producer %d: got %d, want %d", p, n, next[p])
		}
		next[p]++
		if queued, _ := l.Depth(); queued > 100 {
			t.Fatalf("%d queued", queued)
		}
	}
	wg.Wait()
	if queued, bytes := l.Depth(); queued != 0 || bytes != 0 || l.Pop() != nil {
		t.Errorf("%d messages, %d bytes left", queued, bytes)
	}
}

// An idle queue has no ring; a drained one returns its chunks; a busy one
// allocates nothing.
func TestQueueMemory(t *testing.T) {
	l := newQueue(1024, 1<<20)
	if l.Pop() != nil || l.ring.Load() != nil {
		t.Error("an idle queue has a ring")
	}
	m := numbered(0, 0)
	for range 2 * chunkSize {
		_ = l.Push(m, 4)
		l.Pop()
	}
	if kept := chunksOf(l); kept > 0 {
		t.Errorf("%d chunks are kept", kept)
	}
	if allocs := testing.AllocsPerRun(1000, func() {
		_ = l.Push(m, 4)
		l.Pop()
	}); allocs != 0 {
		t.Errorf("%v allocations a message", allocs)
	}
}

// chunksOf is how many chunks a queue has.
func chunksOf(q *Queue) (n int) {
	for i := range *q.ring.Load() {
		p := (*q.ring.Load())[i].Load()
		for j := 0; p != nil && j < len(p); j++ {
			if p[j].Load() != nil {
				n++
			}
		}
	}
	return n
}

// pagesOf is how many pages it has.
func pagesOf(q *Queue) (n int) {
	for i := range *q.ring.Load() {
		if (*q.ring.Load())[i].Load() != nil {
			n++
		}
	}
	return n
}

// A large bound costs nothing until it is used, nor afterwards.
func TestQueueOfALargeBound(t *testing.T) {
	l := newQueue(1<<16, 1<<30)
	m := numbered(0, 0)
	push := func(n int) {
		for range n {
			if err := l.Push(m, 4); err != nil {
				t.Fatal(err)
			}
		}
	}
	push(1)
	if size := len(*l.ring.Load()); size > 1<<16/pageSize+1 || pagesOf(l) != 1 || chunksOf(l) != 1 {
		t.Errorf("one message: %d places, %d pages, %d chunks", size, pagesOf(l), chunksOf(l))
	}
	push(1<<16 - 1)
	if full := l.Push(m, 4); full == nil || pagesOf(l) != 1<<16/pageSize {
		t.Errorf("full: %v, %d pages", full, pagesOf(l))
	}
	for l.Pop() != nil {
	}
	for range 3 << 16 { // round and round
		push(1)
		l.Pop()
	}
	if pagesOf(l) > 1 || chunksOf(l) > 1 {
		t.Errorf("empty: %d pages, %d chunks", pagesOf(l), chunksOf(l))
	}
}

func BenchmarkQueue(b *testing.B) {
	l, m := newQueue(1024, 1<<20), numbered(0, 0)
	b.ReportAllocs()
	for range b.N {
		_ = l.Push(m, 4)
		l.Pop()
	}
}

// A backlog over several chunks drains in order, and leaves no chunk but the
// one that is begun.
func TestQueueBacklog(t *testing.T) {
	const backlog = 3*chunkSize + 5
	l := newQueue(1024, 1<<20)
	for i := range backlog {
		if err := l.Push(numbered(0, i), 4); err != nil {
			t.Fatal(err)
		}
	}
	if queued, bytes := l.Depth(); queued != backlog || bytes != 4*backlog {
		t.Errorf("%d messages, %d bytes", queued, bytes)
	}
	for i := range backlog {
		if _, n := numbersOf(l.Pop()); n != i {
			t.Fatalf("got %d, want %d", n, i)
		}
	}
	kept := chunksOf(l)
	if queued, bytes := l.Depth(); kept != 1 || queued != 0 || bytes != 0 {
		t.Errorf("%d chunks, %d messages, %d bytes left", kept, queued, bytes)
	}
}

// Neither bound is exceeded by producers that race for the last place.
func TestQueueSmallBounds(t *testing.T) {
	const producers, each, most = 8, 5000, 3
	l := newQueue(most, most*4)
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := 0; n < each; {
				if l.Push(numbered(p, n), 4) == nil {
					n++
				} else {
					runtime.Gosched()
				}
			}
		})
	}
	var next [producers]int
	for got := 0; got < producers*each; {
		if queued, bytes := l.Depth(); queued > most || bytes > 4*most || bytes != int64(4*queued) {
			t.Fatalf("%d messages, %d bytes", queued, bytes)
		}
		m := l.Pop()
		if m == nil {
			runtime.Gosched()
			continue
		}
		got++
		if p, n := numbersOf(m); n != next[p] {
			t.Fatalf("producer %d: got %d, want %d", p, n, next[p])
		} else {
			next[p]++
		}
	}
	wg.Wait()
}
