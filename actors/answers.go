package actors

import (
	"sync"
	"sync/atomic"

	"github.com/sockvisor/sockvisor/messages"
)

// awaited is which asks wait for the peer's answer, by their id. The connection puts
// one in before its question is written. Whoever takes it out decides how it ends: the
// reader with the answer, which alone leaves the handler's stream then, or the
// connection for any other reason.
type awaited struct {
	asks atomic.Pointer[sync.Map] // *asking, by id; nil until there is one. The connection sets it
}

// await reports whether an ask is awaited now, or another has its id.
func (c *connection) await(a *asking) bool {
	asks := c.awaited.asks.Load()
	if asks == nil {
		asks = &sync.Map{}
		c.awaited.asks.Store(asks)
	}
	a.epoch = c.own
	if _, other := asks.LoadOrStore(a.ask.ID, a); other {
		a.epoch = 0
		return false
	}
	return true
}

// forgo takes an ask out, and reports whether it was there.
func (w *awaited) forgo(a *asking) bool {
	asks := w.asks.Load()
	return asks != nil && asks.CompareAndDelete(a.ask.ID, a)
}

// take takes out the ask that an answer of an epoch is for, or returns nil.
func (w *awaited) take(id string, epoch uint64) *asking {
	asks := w.asks.Load()
	if asks == nil {
		return nil
	}
	there, known := asks.Load(id)
	if !known {
		return nil
	}
	if a := there.(*asking); a.epoch == epoch && w.forgo(a) {
		return a
	}
	return nil
}

// failAsks ends the asks whose answers will not come.
func (c *connection) failAsks(err error) {
	asks := c.awaited.asks.Load()
	if asks == nil {
		return
	}
	asks.Range(func(_, a any) bool {
		c.finishAsk(a.(*asking), nil, err)
		return true
	})
}

// response is the answer to an ask.
type response struct {
	conn     *Conn
	asking   *asking
	received *messages.Received
}

// deliver gives the answer to who asked, unless the ask is over.
func (m *response) deliver() {
	m.conn.credit.give(1)
	m.conn.finishAsk(m.asking, m.received, nil)
}

// Discard implements mailbox.Discarder: the connection is over, but the answer is there.
func (m *response) Discard() { m.deliver() }

// answers reports whether a message is what somebody waits for, and passes it on.
func (r *reader) answers(received *messages.Received) bool {
	c := r.conn.config.correlation
	if c == nil {
		return false
	}
	id, isAnswer := c.correlate(received)
	if !isAnswer {
		return false
	}
	a := r.conn.awaited.take(id, r.epoch)
	if a == nil {
		return false
	}
	r.granted--
	r.conn.mailbox.post(&response{r.conn, a, received})
	return true
}
