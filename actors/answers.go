package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// failAsks ends the asks whose answers will not come.
func (c *connection) failAsks(err error) {
	for a := range c.conn.awaited.All {
		c.conn.finishAsk(a, nil, err)
	}
}

// response is the answer to an ask.
type response struct {
	conn     *Conn
	asking   *sendqueue.Asking
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
	a := r.conn.awaited.Take(id, r.epoch)
	if a == nil {
		return false
	}
	r.granted--
	r.conn.mailbox.post(&response{r.conn, a, received})
	return true
}
