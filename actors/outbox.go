package actors

import "github.com/sockvisor/sockvisor/messages"

// outbox is what was handed to a socket and is not settled, in the order of the wire,
// and who waits for it. It is the connection's alone and outlives its incarnations. A
// connection has none until a receipt, a flush or WithResend needs one, so that the
// plain sends of all others pass it by.
type outbox struct {
	handed  []*parcel // to the socket there is
	again   []*parcel // to an earlier one: to be handed to the next
	flushes []*flushing
	pings   []covering // sent, not answered: see resend.go
	number  uint64     // of the last of them
	// How many parcels were ever handed, and how many of them are settled.
	count, settled uint64
}

func (c *Conn) needOutbox() *outbox {
	if c.outbox == nil {
		c.outbox = &outbox{}
	}
	return c.outbox
}

// writeParcel is write for a parcel. It is noted before it is handed over: what the
// socket fails over, the peer may have got.
func (c *connection) writeParcel(p *parcel) {
	if !c.due(p) {
		c.closeIfWritten()
		return
	}
	out := c.outgoing(p.send, p.twice)
	if out == nil {
		c.withhold(p)
		c.closeIfWritten()
		return
	}
	p.epoch = c.own
	if p.wantsReceipt() || c.keeps(p) {
		o := c.needOutbox()
		o.handed = append(o.handed, p)
		o.count++
	}
	c.put(out)
	c.closeIfWritten()
}

// withhold ends a parcel that an Outgoing kept back, or failed over.
func (c *connection) withhold(p *parcel) {
	var why error = &messages.InterceptedError{}
	if c.failure != nil {
		why = c.failure
	}
	if p.twice {
		c.receiptUnknown(p, why)
		return
	}
	c.letGoOf(p)
	c.drop(p, why)
}

// due reports whether a parcel whose turn it is is still to be written.
func (c *connection) due(p *parcel) bool {
	switch {
	case p.asked != nil:
		return c.expectAnswer(p.asked)
	case !p.late():
		return true
	case p.twice:
		c.receiptUnknown(p, &messages.ExpiredError{TTL: p.order.TTL})
	default:
		c.letGoOf(p)
		c.drop(p, &messages.ExpiredError{TTL: p.order.TTL})
	}
	return false
}

func (p *parcel) wantsReceipt() bool { return p.order != nil && p.order.Receipt }

// settle is for the end of a run: what was written goes on the wire, and whoever
// waited for it hears so. What the kernel does not take at once is settled when it
// has: the socket then says that it is writable.
func (c *connection) settle() {
	o := c.outbox
	c.confirm()
	c.sock.flush()
	if !c.sock.taken() {
		return
	}
	if !c.config.resend {
		o.settle(o.count, c.receiptWritten)
	}
	c.answerFlushes()
}

// settle settles what was handed over up to a count.
func (o *outbox) settle(upTo uint64, settled func(*parcel)) {
	for ; o.settled < upTo; o.settled++ {
		p := o.handed[0]
		o.handed[0] = nil
		o.handed = o.handed[1:]
		settled(p)
	}
	if len(o.handed) == 0 {
		o.handed = nil
	}
}

func (c *connection) receiptWritten(p *parcel) {
	c.letGoOf(p)
	if p.wantsReceipt() {
		c.receipt(p, &messages.Written{Conn: c.pid, Message: p.order, Epoch: p.epoch, Duplicate: p.twice})
	}
}

func (c *Conn) receiptUnknown(p *parcel, reason error) {
	c.letGoOf(p)
	if p.wantsReceipt() {
		c.receipt(p, &messages.Unknown{Conn: c.pid, Message: p.order, Epoch: p.epoch, Err: reason})
	}
}

// drop ends a parcel that was never handed to a socket.
func (c *Conn) drop(p *parcel, why error) {
	switch {
	case p.asked != nil:
		c.finishAsk(p.asked, nil, why)
	case p.wantsReceipt():
		c.receipt(p, &messages.Dropped{Conn: c.pid, Message: p.order, Err: why})
	case p.order == nil:
		c.rejectTo(p.to.pid, p.send, why)
	case !is[*messages.ReplacedError](why): // which is what its key asked for
		c.rejectTo(p.to.pid, p.order, why)
	}
}

func (c *Conn) receipt(p *parcel, receipt any) {
	if !p.to.nobody() {
		c.answer(&p.to, receipt)
		return
	}
	event, why := &messages.ReceiptEvent{Receipt: receipt}, error(nil)
	switch r := receipt.(type) {
	case *messages.Dropped:
		why = r.Err
	case *messages.Unknown:
		why = &messages.UnknownError{Epoch: r.Epoch, Err: r.Err}
	}
	if why == nil || is[*messages.ReplacedError](why) { // which is what its key asked for
		c.tree.Publish(event)
		return
	}
	c.tree.Reject(event, &messages.Rejected{Conn: c.pid, Message: p.order, Err: why}, c.logAttrs()...)
}

// abandon is for the end of a socket: what it was handed and did not settle, the peer
// may have got or not.
func (c *connection) abandon() {
	o := c.outbox
	if o == nil {
		return
	}
	o.pings = nil
	if c.config.resend {
		o.handAgain()
		return
	}
	o.settle(o.count, func(p *parcel) { c.receiptUnknown(p, c.failure) })
}

// closeOutbox settles everything: the connection is over.
func (c *connection) closeOutbox() {
	o := c.outbox
	if o == nil {
		return
	}
	c.abandon()
	for _, p := range o.again {
		c.receiptUnknown(p, c.failure)
	}
	o.again = nil
	for _, f := range o.flushes {
		c.answer(&f.to, &messages.Flushed{Err: &messages.ClosedError{}})
	}
	o.flushes = nil
}
