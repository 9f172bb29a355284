package sendqueue

import (
	"sync"
	"sync/atomic"

	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/messages"
)

// Asking is a messages.Ask under way. Once it is queued, it is the consumer's.
type Asking struct {
	Ask   *messages.Ask
	To    Addressee
	Timer *timer.Timer // nil until it is begun
	Epoch uint64       // to whose socket it was written, zero before; then it is awaited
	Over  bool
}

// Awaited is which asks wait for the peer's answer, by their id. The consumer of the
// queue puts one in before its question is written. Whoever takes it out decides how it
// ends: the reader with the answer, which alone leaves the handler's stream then, or the
// consumer for any other reason.
type Awaited struct {
	asks atomic.Pointer[sync.Map] // *Asking, by id; nil until there is one. The consumer sets it
}

// Await reports whether an ask is awaited now, for the answer of an epoch, or another has
// its id.
func (w *Awaited) Await(a *Asking, epoch uint64) bool {
	asks := w.asks.Load()
	if asks == nil {
		asks = &sync.Map{}
		w.asks.Store(asks)
	}
	a.Epoch = epoch
	if _, other := asks.LoadOrStore(a.Ask.ID, a); other {
		a.Epoch = 0
		return false
	}
	return true
}

// Forgo takes an ask out, and reports whether it was there.
func (w *Awaited) Forgo(a *Asking) bool {
	asks := w.asks.Load()
	return asks != nil && asks.CompareAndDelete(a.Ask.ID, a)
}

// Take takes out the ask that an answer of an epoch is for, or returns nil.
func (w *Awaited) Take(id string, epoch uint64) *Asking {
	asks := w.asks.Load()
	if asks == nil {
		return nil
	}
	there, known := asks.Load(id)
	if !known {
		return nil
	}
	if a := there.(*Asking); a.Epoch == epoch && w.Forgo(a) {
		return a
	}
	return nil
}

// All yields those that are awaited.
func (w *Awaited) All(yield func(*Asking) bool) {
	if asks := w.asks.Load(); asks != nil {
		asks.Range(func(_, a any) bool { return yield(a.(*Asking)) })
	}
}

// Any reports whether there is memory for them.
func (w *Awaited) Any() bool { return w.asks.Load() != nil }

// Forget drops all of them, and their memory.
func (w *Awaited) Forget() { w.asks.Store(nil) }
