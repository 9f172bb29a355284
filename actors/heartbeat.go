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
	payload  *exchange // of text messages instead of ping and pong frames
	reply    *exchange // that the peer begins
}

// exchange is one message and the answer to it.
type exchange struct{ ask, answer []byte }

// heartbeat times one heartbeat: from the ping to the sign of life that answers it,
// or to the end of the timeout. Any bytes from the peer are a sign of life, so that
// a long message on a slow line is not taken for a dead peer.
//
// It is started when nothing was received for the interval, which the tree's clock
// times: an idle connection has none most of the time.
type heartbeat struct {
	*inbox
	timeout time.Duration
	epoch   uint64
	sock    *socket
	timer   *time.Timer
	since   time.Duration // when the timeout began
}

// tick is the timer's.
type tick struct{}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a timer may
// come a moment too late.
func (*tick) IgnoreDeadLetterLogging() {}

// sign tells the connection that there was one of life.
type sign struct{ epoch uint64 }

// silence tells the connection that there was none.
type silence struct{ epoch uint64 }

// listen has the clock tell when it is time to look for a sign of life.
func (c *connection) listen(after time.Duration) {
	if !c.config.heartbeat.off {
		c.alarm = c.tree.clock.set(c.Conn, c.own, after)
	}
}

// pulse sends a heartbeat if nothing was received for the interval.
func (c *connection) pulse(m *pulse) {
	if m.epoch != c.own || c.phase != open {
		return
	}
	interval := c.config.heartbeat.interval
	if quiet := c.sock.now() - c.sock.life(); quiet < interval {
		c.listen(interval - quiet)
		return
	}
	c.startHeartbeat()
	c.beats++
	c.sock.pinged(c.beats)
	c.sock.cork()
	if err := c.writeBeat(c.beats); err != nil {
		c.fail(&messages.WriteError{Err: err})
	}
}

func (c *connection) writeBeat(number uint64) error {
	if payload := c.config.heartbeat.payload; payload != nil {
		return writeMessage(c.ws, messages.TextBytes(payload.ask))
	}
	return writePing(c.ws, number)
}

func newHeartbeat() actor.Actor { return &heartbeat{} }

func (c *connection) startHeartbeat() {
	pid, m := c.adopt(c.tree.heartbeat, c.system.ProcessRegistry.NextId())
	h := m.actorOf().(*heartbeat)
	h.inbox, h.timeout, h.epoch, h.sock = m, c.config.heartbeat.timeout, c.own, c.sock
	h.since = c.sock.now()
	c.children.heartbeat = pid
	m.release()
}

// Receive implements actor.Actor.
func (h *heartbeat) Receive(ctx actor.Context) {
	switch ctx.Message().(type) {
	case *actor.Started:
		h.wait(h.timeout)
	case *tick:
		h.judge()
	case *actor.Stopping:
		h.timer.Stop()
	}
}

func (h *heartbeat) wait(d time.Duration) {
	h.timer = time.AfterFunc(d, func() { h.PostUserMessage(&tick{}) })
}

// judge decides, the timeout being over, whether the peer is alive.
func (h *heartbeat) judge() {
	if h.sock.life() >= h.since {
		h.conn.mailbox.post(&sign{epoch: h.epoch})
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

// sign ends a heartbeat that was answered.
func (c *connection) sign(m *sign) {
	if m.epoch != c.own || c.phase != open {
		return
	}
	c.stopChild(&c.children.heartbeat)
	c.pulse(&pulse{epoch: m.epoch})
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
