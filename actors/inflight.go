package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
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

// confirm has the peer say what it has read, unless it was asked already: then it is
// asked for the rest when it answers.
func (c *connection) confirm() {
	if c.conn.config.resend && !c.conn.kept.inFlight.Asked() {
		c.confirmAll()
	}
}

// confirmAll asks for whatever is not covered by a ping.
func (c *connection) confirmAll() {
	if !c.conn.config.resend || c.conn.kept.inFlight == nil {
		return
	}
	number, needed := c.conn.kept.inFlight.Cover()
	if !needed {
		return
	}
	c.ws.Socket.Cork()
	// If it cannot be written, the socket says why by itself.
	_ = c.ws.Write(wire.OpcodePing, wire.PingPayload(confirming|number))
}

// confirming tells these pings from the heartbeat's, whose round trips are measured.
const confirming = 1 << 63

// ponged says that the peer has answered a ping.
type ponged struct {
	ws     *ws.Conn
	number uint64
}

// ponged settles what the peer has read.
func (c *connection) ponged(m *ponged) {
	if m.ws == c.ws && c.conn.kept.inFlight != nil {
		c.conn.kept.inFlight.Pong(m.number, c.receiptWritten)
	}
}

// keeps reports whether a delivery is kept until the peer has it.
func (c *Conn) keeps(d *sendqueue.Delivery) bool { return c.config.resend && d.Asked == nil }

// letGoOf gives back the room of a delivery that was kept.
func (c *Conn) letGoOf(d *sendqueue.Delivery) {
	if c.keeps(d) {
		c.mailbox.sends.Release(1, d.Size())
	}
}

// unsettled is how many messages of the queue's count were handed to the socket there is.
func (c *Conn) unsettled() int {
	if c.kept.inFlight == nil || !c.config.resend {
		return 0
	}
	return c.kept.inFlight.Handed()
}

// unsent is how many messages are still to be handed to the socket there is.
func (c *Conn) unsent() int {
	queued, _ := c.mailbox.sends.Depth()
	return queued - c.unsettled()
}
