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
