package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// Enqueue queues a message with conditions, or returns at once why not: see
// [messages.Enqueue]. A receipt is published on the EventStream: see Deliver for one
// that is returned.
func (c *Conn) Enqueue(message *messages.Enqueue) error { return c.mailbox.admit(message) }

// enqueue queues a delivery where it belongs.
func (m *connMailbox) enqueue(d *sendqueue.Delivery) error {
	err := m.enqueueSettled(d)
	if err != nil {
		m.overflowed(err)
	}
	m.Wake() // also if not: what was reserved for a moment may have held up a close
	return err
}

// enqueueSettled tells of the one that a delivery replaces. When it returns, which is
// before the mailbox is woken, a flush does not wait for that any more.
func (m *connMailbox) enqueueSettled(d *sendqueue.Delivery) error {
	if d.Order != nil && d.Order.Key != "" {
		m.sends.Settling(1)
		defer m.sends.Settling(-1)
	}
	older, err := m.sends.Enqueue(d)
	if older != nil && err == nil {
		m.conn.drop(older, &messages.ReplacedError{Key: d.Order.Key})
	}
	return err
}

// answer gives an answer to who asked.
func (c *Conn) answer(to *sendqueue.Addressee, answer any) {
	switch {
	case to.Reply != nil:
		to.Reply <- answer
	case to.PID != nil:
		c.tree.Send(to.PID, answer)
	}
}
