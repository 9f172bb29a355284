package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// heartbeatConfig is how a connection notices a dead peer.
type heartbeatConfig struct {
	off      bool
	interval time.Duration
	timeout  time.Duration
	payload  bool // text messages instead of ping and pong frames
	ping     []byte
	pong     []byte
	reply    bool // to the peer's own payload heartbeat
	question []byte
	answer   []byte
}

// heartbeat times the heartbeat of one socket: a ping when nothing was received
// for the interval, a failure when nothing is received for the timeout after it.
// Any bytes from the peer are a sign of life, so that a long message on a slow
// line is not taken for a dead peer.
//
// It knows nothing of how its socket ends: what it says then is for nobody, and it
// stops with the incarnation.
type heartbeat struct {
	inbox
	*heartbeatConfig
	epoch uint64
	sock  *socket
	timer *time.Timer

	number  uint64        // of the last ping
	awaited bool          // its answer is
	since   time.Duration // when the timeout began
}

// tick is the timer's.
type tick struct{}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a timer may
// come a moment too late.
func (*tick) IgnoreDeadLetterLogging() {}

// beat asks the connection to send heartbeat number.
type beat struct{ epoch, number uint64 }

// silence tells the connection that no answer came.
type silence struct{ epoch uint64 }

func (c *connection) startHeartbeat() {
	if c.config.heartbeat.off {
		return
	}
	c.children[1] = c.startChild(&heartbeat{heartbeatConfig: &c.config.heartbeat, epoch: c.own, sock: c.sock})
}

func (h *heartbeat) mailbox() *inbox { return &h.inbox }

// Receive implements actor.Actor.
func (h *heartbeat) Receive(ctx actor.Context) {
	switch ctx.Message().(type) {
	case *actor.Started:
		h.wait(h.interval)
	case *tick:
		h.tick()
	case *actor.Stopping:
		h.timer.Stop()
	}
}

func (h *heartbeat) wait(d time.Duration) {
	h.timer = time.AfterFunc(d, func() { h.PostUserMessage(&tick{}) })
}

func (h *heartbeat) tick() {
	if h.awaited {
		h.judge()
		return
	}
	if quiet := h.sock.now() - h.sock.life(); quiet < h.interval {
		h.wait(h.interval - quiet)
		return
	}
	h.number++
	h.awaited, h.since = true, h.sock.now()
	h.conn.mailbox.post(&beat{epoch: h.epoch, number: h.number})
	h.wait(h.timeout)
}

// judge decides, the timeout being over, whether the peer is alive.
func (h *heartbeat) judge() {
	if h.sock.life() >= h.since {
		h.awaited = false
		h.tick()
		return
	}
	// While the reader is stopped by a slow handler it cannot see a pong: the
	// timeout begins when it reads again.
	if h.conn.credit.paused.Load() {
		h.since = h.sock.now()
	} else if resumed := h.sock.lastResumed(); resumed > h.since {
		h.since = resumed
	}
	if left := h.since + h.timeout - h.sock.now(); left > 0 {
		h.wait(left)
		return
	}
	h.conn.mailbox.post(&silence{epoch: h.epoch})
}

// beat writes a heartbeat.
func (c *connection) beat(m *beat) {
	if m.epoch != c.own || c.phase != open {
		return
	}
	c.sock.pinged(m.number)
	c.sock.cork()
	if err := c.writeBeat(m.number); err != nil {
		c.fail(&messages.WriteError{Err: err})
	}
}

func (c *connection) writeBeat(number uint64) error {
	if config := &c.config.heartbeat; config.payload {
		return writeMessage(c.ws, messages.TextBytes(config.ping))
	}
	return writePing(c.ws, number)
}

// silence ends a connection whose peer does not answer.
func (c *connection) silence(m *silence) {
	if m.epoch == c.own && c.phase == open {
		c.fail(&messages.HeartbeatError{After: c.config.heartbeat.timeout})
	}
}

// answered publishes the round trip of heartbeat number, if it is the one awaited.
func (c *Conn) answered(s *socket, number uint64) {
	if rtt, ok := s.answered(number); ok {
		c.rtt.Store(int64(rtt))
	}
}
