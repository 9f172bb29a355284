package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// Heartbeat is a rule of what is a sign of life, when to ask the peer for one, and
// when to give it up. [Keepalive] is the built-in one; [WithHeartbeatRule] sets
// another, which may wrap it.
//
// Beat is called when a socket opens, whenever the time that it asked for is over, and
// when a sign of life is wanted at once, on the connection's goroutine, one call at a time. It must not block. A
// panic fails the connection with a [messages.HandlerError].
type Heartbeat interface {
	Beat(signs Signs) Beat
}

// HeartbeatFunc is a function that is a [Heartbeat].
type HeartbeatFunc func(signs Signs) Beat

// Beat implements Heartbeat.
func (f HeartbeatFunc) Beat(signs Signs) Beat { return f(signs) }

// Signs are what a connection knows of its peer's life. All times are since the
// socket opened, and zero for what has not happened on it.
type Signs struct {
	Now time.Duration
	// Read is when bytes were last received, be they the beginning of a message.
	Read time.Duration
	// Message is when a whole message was last received. Pings, pongs and the
	// payloads of WithPayloadHeartbeat and WithHeartbeatReply are none; what an
	// Incoming drops is one.
	Message time.Duration
	// Wrote is when the peer last took bytes while more waited to be sent, or that had
	// to wait themselves: that of a large message on a slow line, and what is behind it.
	// What is taken at once does not count. On Linux TCP says what the peer's system has
	// taken; else it is what the transport has accepted.
	Wrote time.Duration
	// Pings counts those sent on this socket, and Pinged is when the last was written:
	// it leaves behind what was written before it, see Wrote.
	Pings  uint64
	Pinged time.Duration
	// Awaited says that the answer to that one has not come. It is false for a
	// Beat.Payload, whose answer only the rule knows.
	Awaited bool
	// Paused says that the connection has stopped reading, since the handler has
	// WithMaxUnhandled messages before it: no sign of life can be seen. Resumed is
	// when it last went on reading after that.
	Paused  bool
	Resumed time.Duration
	// RTT is that of the last ping answered, zero before the first of the
	// connection, be it on an earlier socket.
	RTT time.Duration
	// Wanted says that somebody wants a sign of life now: see messages.Reconnect.
	Wanted bool
}

// Beat is what a [Heartbeat] wants done. The zero value does nothing and has the
// rule asked again after MinBeat.
type Beat struct {
	// Fail ends the socket, if it is not nil, and nothing else is done. It does so only
	// if the rule, asked again when what had arrived by then was read, still says so: it
	// may be this process that was stopped, and not the peer. What is no
	// [messages.HeartbeatError] becomes the Err of one.
	Fail error
	// Ping sends a ping frame, or the ping of WithPayloadHeartbeat, or Payload. It goes
	// ahead of what is queued, and is not counted in Closed.Written.
	Ping bool
	// Payload is a message to send for a ping, or nil. Its answer is not known for one,
	// and is received as any other message: an Incoming can keep it from the handler.
	Payload *messages.Send
	// Next is when to ask again, from now, at least MinBeat.
	Next time.Duration
	// Early is by how much sooner that may be, if the clock wakes up for another
	// connection then: many at a time cost less. Zero means not at all.
	Early time.Duration
}

// MinBeat is the least time between two calls of a [Heartbeat].
const MinBeat = time.Millisecond

// WithHeartbeatRule has a rule of one's own in place of [Keepalive]. The producer is
// called for every socket, so the rule may keep in its fields what it knows of that
// one, without a lock. It has nothing to do with the times of WithHeartbeat; what
// WithPayloadHeartbeat and WithHeartbeatReply say still holds.
func WithHeartbeatRule(producer func() Heartbeat) Option {
	return func(c *settings) {
		c.heartbeat.rule = producer
		if producer == nil {
			c.problem = invalid("WithHeartbeatRule", "must not be nil")
		}
	}
}

// heartbeatConfig is how a connection notices a dead peer.
type heartbeatConfig struct {
	off       bool
	keepalive Keepalive
	rule      func() Heartbeat // nil: the keepalive, which all sockets share
	payload   *exchange        // of text messages instead of ping and pong frames
	reply     *exchange        // that the peer begins
}

// exchange is one message and the answer to it.
type exchange struct{ ask, answer []byte }

// heartbeat is that of one socket. The tree's clock times it.
type heartbeat struct {
	rule    Heartbeat
	alarm   *alarm
	due     *pulse             // the only one that counts
	number  uint64             // of the last ping
	written transport.Progress // of what was seen
}

func (c *connection) startHeartbeat() {
	if !c.config.heartbeat.off {
		c.beat(&pulse{})
	}
}

// pulse says that it is time to ask the rule.
type pulse struct {
	wanted   bool // a sign of life, now
	caughtUp bool // what had arrived when the rule gave up is read
}

// probe asks for a sign of life now.
func (c *connection) probe() {
	if c.config.heartbeat.off {
		return
	}
	c.tree.clock.cancel(c.heartbeat.alarm)
	c.beat(&pulse{wanted: true})
}

func (c *connection) pulse(m *pulse) {
	if m == c.heartbeat.due && c.phase == open {
		c.beat(m)
	}
}

// beat asks the rule and does what it wants done.
func (c *connection) beat(m *pulse) {
	b, ok := c.askRule(m.wanted)
	if !ok {
		return
	}
	h := &c.heartbeat
	if b.Fail != nil && !m.caughtUp {
		h.due = &pulse{wanted: m.wanted, caughtUp: true}
		c.catchUp(c.tree.clock.late(h.alarm), h.due)
		return
	}
	if b.Fail != nil {
		c.fail(heartbeatError(b.Fail))
		return
	}
	if b.Ping {
		if err := c.ping(b.Payload); err != nil {
			c.fail(&messages.WriteError{Err: err})
			return
		}
	}
	h.due = &pulse{}
	h.alarm = c.tree.clock.set(c.Conn, h.due, max(b.Next, MinBeat), b.Early)
}

// askRule reports false if it has failed the connection.
func (c *connection) askRule(wanted bool) (b Beat, ok bool) {
	defer c.blame("WithHeartbeatRule")
	h := &c.heartbeat
	if h.rule == nil {
		h.rule = c.config.heartbeat.forSocket()
	}
	b = h.rule.Beat(c.signs(wanted))
	if b.Ping && b.Payload != nil {
		if err := b.Payload.Validate(); err != nil {
			panic(err)
		}
	}
	return b, true
}

func (h *heartbeatConfig) forSocket() Heartbeat {
	if h.rule == nil {
		return &h.keepalive
	}
	return h.rule()
}

// heartbeatError is what a socket fails with for a rule's reason.
func heartbeatError(reason error) error {
	if is[*messages.HeartbeatError](reason) {
		return reason
	}
	return &messages.HeartbeatError{Err: reason}
}

// signs are read in an order in which nothing can come in between that makes a peer
// look dead: what it did, whether that could be seen, and then the time.
func (c *connection) signs(wanted bool) Signs {
	opened := c.openedAt
	since := func(when time.Duration) time.Duration { return max(when-opened, 0) }
	s := Signs{Read: since(c.sock.LastRead()), Pings: c.heartbeat.number, RTT: c.RTT(), Wanted: wanted}
	s.Wrote = since(c.heartbeat.written.Look(c.sock))
	if message, ever := c.reader.lastMessage(); ever {
		s.Message = since(message)
	}
	if s.Pings > 0 {
		s.Pinged = since(c.sock.PingSent())
		s.Awaited = c.sock.PingAwaited() != 0
	}
	s.Paused = c.credit.paused()
	s.Resumed = since(c.sock.LastResumed())
	s.Now = since(c.sock.Now())
	return s
}

// ping sends a heartbeat: a payload, if there is one.
func (c *connection) ping(payload *messages.Send) error {
	h := &c.heartbeat
	h.number++
	c.sock.Cork()
	switch exchange := c.config.heartbeat.payload; {
	case payload != nil:
		c.sock.Pinged(0)
		return c.writeFrame(wire.Opcode(payload.Type), payload.Data)
	case exchange != nil:
		c.sock.Pinged(h.number)
		return c.writeFrame(wire.OpcodeText, exchange.ask)
	default:
		c.sock.Pinged(h.number)
		return c.writeFrame(wire.OpcodePing, wire.PingPayload(h.number))
	}
}

// answered publishes the round trip of heartbeat number, if it is the one awaited.
func (c *Conn) answered(s *transport.Socket, number uint64) {
	if rtt, ok := s.Answered(number); ok {
		c.rtt.Store(int64(rtt))
	}
}
