package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// parcel is a message of the send lane that is more than a messages.Send: it has
// conditions, somebody waits to hear of it, or the connection keeps it until the peer
// has it.
type parcel struct {
	send     *messages.Send
	order    *messages.Enqueue // nil if it is none
	asked    *asking           // nil if it is none
	to       addressee
	deadline time.Time // zero: none
	epoch    uint64    // to whose socket it was handed
	twice    bool      // and to an earlier one
}

// addressee is who gets the answer to a request: an actor, or a goroutine, or nobody.
type addressee struct {
	pid   *actor.PID
	reply chan any // has room for it
}

func (to *addressee) nobody() bool { return to.pid == nil && to.reply == nil }

// answer gives an answer to who asked.
func (c *Conn) answer(to *addressee, answer any) {
	switch {
	case to.reply != nil:
		to.reply <- answer
	case to.pid != nil:
		c.tree.Send(to.pid, answer)
	}
}

func newParcel(order *messages.Enqueue, to addressee) *parcel {
	p := &parcel{send: order.Send, order: order, to: to}
	if order.TTL > 0 {
		p.deadline = time.Now().Add(order.TTL)
	}
	return p
}

func (p *parcel) size() int { return len(p.send.Data) }

func (p *parcel) key() string { return p.order.Key }

// late reports whether its turn came too late.
func (p *parcel) late() bool { return !p.deadline.IsZero() && time.Now().After(p.deadline) }

// pushParcel queues a parcel where it belongs.
func (m *connMailbox) pushParcel(p *parcel) error {
	var err error
	switch {
	case p.order != nil && p.order.Key != "":
		err = m.pushKeyed(p)
	case p.order != nil && p.order.Urgent:
		err = m.lane.pushUrgent(p, p.size())
	default:
		err = m.lane.push(p, p.size())
	}
	if err != nil {
		m.overflowed(err)
	}
	m.Wake() // also if not: what was reserved for a moment may have held up a close
	return err
}

func (m *connMailbox) pushKeyed(p *parcel) error {
	settling := &m.lane.keyring().settling
	settling.Add(1)
	defer settling.Add(-1)
	older, err := m.lane.pushKeyed(p)
	if older != nil && err == nil {
		m.conn.drop(older, &messages.ReplacedError{Key: p.order.Key})
	}
	return err
}

// Enqueue queues a message with conditions, or returns at once why not: see
// [messages.Enqueue]. A receipt is published on the EventStream: see Deliver for one
// that is returned.
func (c *Conn) Enqueue(message *messages.Enqueue) error { return c.mailbox.admit(message) }
