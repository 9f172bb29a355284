package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// needInFlight returns what is in flight, from now on noted.
func (c *Conn) needInFlight() *sendqueue.InFlight {
	if c.kept.inFlight == nil {
		c.kept.inFlight = &sendqueue.InFlight{}
	}
	return c.kept.inFlight
}

// writeDelivery is write for a delivery. It is noted before it is handed over: what the
// socket fails over, the peer may have got.
func (c *connection) writeDelivery(d *sendqueue.Delivery) {
	if !c.due(d) {
		c.closeIfWritten()
		return
	}
	out := c.outgoing(d.Send, d.Resent)
	if out == nil {
		c.withhold(d)
		c.closeIfWritten()
		return
	}
	d.Epoch = c.epoch
	if d.WantsReceipt() || c.conn.keeps(d) {
		c.conn.needInFlight().Hand(d)
	}
	c.write(out)
	c.closeIfWritten()
}

// withhold ends a delivery that an Outgoing kept back, or failed over.
func (c *connection) withhold(d *sendqueue.Delivery) {
	var why error = &messages.InterceptedError{}
	if c.failure != nil {
		why = c.failure
	}
	if d.Resent {
		c.conn.receiptUnknown(d, why)
		return
	}
	c.conn.letGoOf(d)
	c.conn.drop(d, why)
}

// due reports whether a delivery whose turn it is is still to be written.
func (c *connection) due(d *sendqueue.Delivery) bool {
	switch {
	case d.Asked != nil:
		return c.expectAnswer(d.Asked)
	case !d.Expired():
		return true
	case d.Resent:
		c.conn.receiptUnknown(d, &messages.ExpiredError{TTL: d.Order.TTL})
	default:
		c.conn.letGoOf(d)
		c.conn.drop(d, &messages.ExpiredError{TTL: d.Order.TTL})
	}
	return false
}

// settle is for the end of a run: what was written goes on the wire, and whoever
// waited for it hears so. What the kernel does not take at once is settled when it
// has: the socket then says that it is writable.
func (c *connection) settle() {
	c.confirm()
	c.ws.Socket.Flush()
	if !c.ws.Socket.Taken() {
		return
	}
	if !c.conn.config.resend {
		c.conn.kept.inFlight.SettleAll(c.receiptWritten)
	}
	c.answerFlushes()
}

// abandon is for the end of a socket: what it was handed and did not settle, the peer
// may have got or not.
func (c *connection) abandon() {
	if c.conn.kept.inFlight != nil {
		c.conn.kept.inFlight.LoseSocket(c.conn.config.resend, func(d *sendqueue.Delivery) { c.conn.receiptUnknown(d, c.failure) })
	}
}

// closeInFlight settles everything: the connection is over.
func (c *connection) closeInFlight() {
	if c.conn.kept.inFlight == nil {
		return
	}
	c.abandon()
	c.conn.kept.inFlight.Close(
		func(d *sendqueue.Delivery) { c.conn.receiptUnknown(d, c.failure) },
		func(f *sendqueue.Flush) { c.conn.answer(&f.To, &messages.Flushed{Err: &messages.ClosedError{}}) },
	)
}
