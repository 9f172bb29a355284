package actors

import (
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
)

// heartbeatConfig is how a connection notices a dead peer.
type heartbeatConfig struct {
	off      bool
	interval time.Duration
	timeout  time.Duration
	payload  *exchange // of text messages instead of ping and pong frames
	reply    *exchange // that the peer begins
}

// exchange is one message and the answer to it.
type exchange struct{ ask, answer []byte }

// heartbeat is that of one socket: a ping when nothing was received for the interval,
// a failure when nothing is received for the timeout after it. Any bytes from the
// peer are a sign of life, so that a long message on a slow line is not taken for a
// dead peer. The tree's clock times it.
type heartbeat struct {
	alarm   *alarm
	number  uint64        // of the last ping
	awaited bool          // its answer is
	since   time.Duration // when the timeout began
}

// earlyBy is the part of the interval by which a ping may come early, if that lets
// many be sent together.
const earlyBy = 64

func (h *heartbeatConfig) early() time.Duration { return h.interval / earlyBy }

func (c *connection) startHeartbeat() {
	if !c.config.heartbeat.off {
		c.listen(c.config.heartbeat.interval)
	}
}

// listen has the clock tell when it is time to look for a sign of life.
func (c *connection) listen(after time.Duration) {
	c.heartbeat.alarm = c.tree.clock.set(c.Conn, &pulse{c.own}, after, c.config.heartbeat.early())
}

// pulse says that it is time to look for a sign of life.
type pulse struct{ epoch uint64 }

// probe asks for a sign of life now.
func (c *connection) probe() {
	if !c.config.heartbeat.off && !c.heartbeat.awaited {
		c.heartbeat.alarm.cancel()
		c.beat()
	}
}

// pulse looks for a sign of life.
func (c *connection) pulse(m *pulse) {
	if m.epoch != c.own || c.phase != open {
		return
	}
	if c.heartbeat.awaited && !c.judge() {
		return
	}
	config := &c.config.heartbeat
	if quiet := c.sock.now() - c.sock.life(); quiet < config.interval-config.early() {
		c.listen(config.interval - quiet)
		return
	}
	c.beat()
}

// beat sends a heartbeat and awaits its answer.
func (c *connection) beat() {
	h := &c.heartbeat
	h.number++
	h.awaited, h.since = true, c.sock.now()
	c.sock.pinged(h.number)
	c.sock.cork()
	if err := c.writeBeat(h.number); err != nil {
		c.fail(&messages.WriteError{Err: err})
		return
	}
	h.alarm = c.tree.clock.set(c.Conn, &pulse{c.own}, c.config.heartbeat.timeout, 0)
}

// judge reports whether there was a sign of life since the ping. If there was none
// until the timeout, it ends the connection.
func (c *connection) judge() bool {
	h := &c.heartbeat
	if c.sock.life() >= h.since {
		h.awaited = false
		return true
	}
	// While the reader is stopped by a slow handler it cannot see a pong: the
	// timeout begins when it reads again.
	if c.credit.paused.Load() {
		h.since = c.sock.now()
	} else if resumed := c.sock.lastResumed(); resumed > h.since {
		h.since = resumed
	}
	timeout := c.config.heartbeat.timeout
	if left := h.since + timeout - c.sock.now(); left > 0 {
		h.alarm = c.tree.clock.set(c.Conn, &pulse{c.own}, left, 0)
		return false
	}
	c.fail(&messages.HeartbeatError{After: timeout})
	return false
}

func (c *connection) writeBeat(number uint64) error {
	if payload := c.config.heartbeat.payload; payload != nil {
		return c.writeFrame(websocket.MessageText, payload.ask)
	}
	return c.writeFrame(opcodePing, pingPayload(number))
}

// answered publishes the round trip of heartbeat number, if it is the one awaited.
func (c *Conn) answered(s *socket, number uint64) {
	if rtt, ok := s.answered(number); ok {
		c.rtt.Store(int64(rtt))
	}
}
