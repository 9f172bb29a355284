package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// writable is the socket's word that it can be written to again, or never will.
type writable struct {
	epoch uint64
	err   error
}

// send hands a plain message to the socket.
func (c *connection) send(m *messages.Send) {
	if m = c.outgoing(m, false); m != nil {
		c.write(m)
	}
	c.closeIfWritten()
}

// write writes a message to the socket, which gathers it until the run of the mailbox
// ends.
func (c *connection) write(m *messages.Send) {
	c.written++
	c.ws.Socket.Cork()
	if err := c.ws.Write(wire.Opcode(m.Type), m.Data); err != nil {
		c.fail(&messages.WriteError{Err: err})
	}
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

func (c *connection) writable(m *writable) {
	if m.epoch == c.epoch && m.err != nil {
		c.fail(&messages.WriteError{Err: m.err})
	}
}
