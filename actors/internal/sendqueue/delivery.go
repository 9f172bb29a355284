package sendqueue

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Delivery is a message of the queue that is more than a messages.Send: it has
// conditions, somebody waits to hear of it, or the connection keeps it until the peer
// has it.
type Delivery struct {
	Send     *messages.Send
	Order    *messages.Enqueue // nil if it is none
	Asked    *Asking           // nil if it is none
	To       Addressee
	deadline time.Time // zero: none
	Epoch    uint64    // to whose socket it was handed
	Resent   bool      // it was handed to an earlier one too
}

// Addressee is who gets the answer to a request: an actor, or a goroutine, or nobody.
type Addressee struct {
	PID   *actor.PID
	Reply chan any // has room for it
}

// Nobody reports whether there is none.
func (to *Addressee) Nobody() bool { return to.PID == nil && to.Reply == nil }

// NewDelivery returns that of an order, whose time begins now.
func NewDelivery(order *messages.Enqueue, to Addressee) *Delivery {
	d := &Delivery{Send: order.Send, Order: order, To: to}
	if order.TTL > 0 {
		d.deadline = time.Now().Add(order.TTL)
	}
	return d
}

// Size is what it counts against the bound in bytes.
func (d *Delivery) Size() int { return len(d.Send.Data) }

// Expired reports whether its turn came too late.
func (d *Delivery) Expired() bool { return !d.deadline.IsZero() && time.Now().After(d.deadline) }

// WantsReceipt reports whether somebody is to hear what became of it.
func (d *Delivery) WantsReceipt() bool { return d.Order != nil && d.Order.Receipt }

// Enqueue queues a Delivery where it belongs, and returns the older one that it replaced,
// by its key.
func (q *Queue) Enqueue(d *Delivery) (older *Delivery, err error) {
	switch {
	case d.Order != nil && d.Order.Key != "":
		return q.PushKeyed(d)
	case d.Order != nil && d.Order.Urgent:
		return nil, q.PushUrgent(d, d.Size())
	default:
		return nil, q.Push(d, d.Size())
	}
}
