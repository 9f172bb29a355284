package actors

import "github.com/sockvisor/sockvisor/actors/internal/wire"

// WithResend makes delivery "at least once" across reconnects: a message stays in the
// queue, and counts against its bounds, until the peer has read it, and what was not
// read when a socket fails goes first on the next.
//
// What the peer has read is known from its pongs: whenever messages were written, a
// ping follows them, one at a time, which costs a few bytes and a round trip (RFC
// 6455, section 5.5.3: a pong answers a ping that was read). A peer may get a message
// twice; Written.Duplicate says that it may have. An [messages.Ask] is not sent again:
// it fails with its epoch. Only for [Connect].
func WithResend() Option {
	return func(c *settings) {
		c.only(client, "WithResend")
		c.resend = true
	}
}

// keeps reports whether a parcel is kept until the peer has it.
func (c *Conn) keeps(p *parcel) bool { return c.config.resend && p.asked == nil }

// letGoOf gives back the room of a parcel that was kept.
func (c *Conn) letGoOf(p *parcel) {
	if c.keeps(p) {
		c.mailbox.lane.release(1, p.size())
	}
}

// covering is a ping, and how many parcels were handed to the socket before it.
type covering struct{ number, count uint64 }

// confirming tells these pings from the heartbeat's, whose round trips are measured.
const confirming = 1 << 63

// ponged says that the peer has answered a ping.
type ponged struct {
	sock   *socket
	number uint64
}

// confirm has the peer say what it has read, unless it was asked already: then it is
// asked for the rest when it answers.
func (c *connection) confirm() {
	if c.config.resend && len(c.outbox.pings) == 0 {
		c.confirmAll()
	}
}

// confirmAll asks for whatever is not covered by a ping.
func (c *connection) confirmAll() {
	o := c.outbox
	if !c.config.resend || o == nil || o.covered() == o.count {
		return
	}
	o.number++
	o.pings = append(o.pings, covering{number: o.number, count: o.count})
	c.sock.cork()
	// If it cannot be written, the socket says why by itself.
	_ = c.writeFrame(wire.OpcodePing, wire.PingPayload(confirming|o.number))
}

// covered is how many parcels are settled or will be by a pong.
func (o *outbox) covered() uint64 {
	if n := len(o.pings); n > 0 {
		return o.pings[n-1].count
	}
	return o.settled
}

// ponged settles what the peer has read. It may answer only the last of several pings
// (RFC 6455, section 5.5.3).
func (c *connection) ponged(m *ponged) {
	o := c.outbox
	if m.sock != c.sock || o == nil {
		return
	}
	for len(o.pings) > 0 && o.pings[0].number <= m.number {
		o.settle(o.pings[0].count, c.receiptWritten)
		o.pings = o.pings[1:]
	}
}

// pong is for coder/websocket's OnPongReceived, on the reader's goroutine.
func (c *Conn) pong(s *socket, number uint64) {
	if number&confirming != 0 {
		c.mailbox.post(&ponged{sock: s, number: number &^ confirming})
		return
	}
	c.answered(s, number)
}

// handAgain puts what was handed to a socket before what was to be handed again.
func (o *outbox) handAgain() {
	for _, p := range o.handed {
		p.twice = true
	}
	o.again = append(o.handed, o.again...)
	o.handed = nil
	o.count = o.settled
	for _, f := range o.flushes { // they wait for those that go again
		f.passed = false
	}
}

// next returns the next parcel that is to be handed again, or nil.
func (o *outbox) next() *parcel {
	if o == nil || len(o.again) == 0 {
		return nil
	}
	p := o.again[0]
	o.again[0] = nil
	o.again = o.again[1:]
	return p
}

// kept is how many messages of the lane's count were handed to the socket there is.
func (c *Conn) kept() int {
	if c.outbox == nil || !c.config.resend {
		return 0
	}
	return len(c.outbox.handed)
}

// unsent is how many messages are still to be handed to the socket there is.
func (c *Conn) unsent() int {
	queued, _ := c.mailbox.lane.depth()
	return queued - c.kept()
}
