package actors

import (
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
