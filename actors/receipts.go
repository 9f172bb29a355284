package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

func (c *connection) receiptWritten(d *sendqueue.Delivery) {
	c.conn.letGoOf(d)
	if d.WantsReceipt() {
		c.conn.receipt(d, &messages.Written{Conn: c.conn.pid, Message: d.Order, Epoch: d.Epoch, Duplicate: d.Resent})
	}
}

func (c *Conn) receiptUnknown(d *sendqueue.Delivery, reason error) {
	c.letGoOf(d)
	if d.WantsReceipt() {
		c.receipt(d, &messages.Unknown{Conn: c.pid, Message: d.Order, Epoch: d.Epoch, Err: reason})
	}
}

// drop ends a delivery that was never handed to a socket.
func (c *Conn) drop(d *sendqueue.Delivery, why error) {
	switch {
	case d.Asked != nil:
		c.finishAsk(d.Asked, nil, why)
	case d.WantsReceipt():
		c.receipt(d, &messages.Dropped{Conn: c.pid, Message: d.Order, Err: why})
	case d.Order == nil:
		c.rejectTo(d.To.PID, d.Send, why)
	case !errs.Is[*messages.ReplacedError](why): // which is what its key asked for
		c.rejectTo(d.To.PID, d.Order, why)
	}
}

func (c *Conn) receipt(d *sendqueue.Delivery, receipt any) {
	if !d.To.Nobody() {
		c.answer(&d.To, receipt)
		return
	}
	event, why := &messages.ReceiptEvent{Receipt: receipt}, error(nil)
	switch r := receipt.(type) {
	case *messages.Dropped:
		why = r.Err
	case *messages.Unknown:
		why = &messages.UnknownError{Epoch: r.Epoch, Err: r.Err}
	}
	if why == nil || errs.Is[*messages.ReplacedError](why) { // which is what its key asked for
		c.tree.Publish(event)
		return
	}
	c.tree.Reject(event, &messages.Rejected{Conn: c.pid, Message: d.Order, Err: why}, c.logAttrs()...)
}

// reject tells the sender of a message why it is refused, or if there is none,
// whoever listens.
func (c *Conn) reject(message any, err error) {
	if p, ok := message.(*sendqueue.Delivery); ok {
		c.drop(p, err)
		return
	}
	_, body, sender := actor.UnwrapEnvelope(message)
	switch body := body.(type) {
	case *messages.Enqueue:
		if body == nil {
			c.rejectTo(sender, body, err)
			return
		}
		c.drop(sendqueue.NewDelivery(body, sendqueue.Addressee{PID: sender}), err)
	case *messages.Ask:
		if sender == nil {
			c.rejectTo(nil, body, err)
			return
		}
		c.answer(&sendqueue.Addressee{PID: sender}, &messages.Answer{Conn: c.pid, Ask: body, Err: err})
	default:
		c.rejectTo(sender, body, err)
	}
}

func (c *Conn) rejectTo(sender *actor.PID, body any, err error) {
	rejected := messages.Rejected{Conn: c.pid, Message: body, Err: err}
	if sender != nil {
		c.tree.Send(sender, &rejected)
		return
	}
	c.tree.Reject(&messages.RejectedEvent{Rejected: rejected}, &rejected, c.logAttrs()...)
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
