package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/messages"
)

// idleDue says that it is time to look whether the client has said something.
type idleDue struct {
	epoch    uint64
	at       time.Time // when it was to come
	caughtUp bool      // what had arrived then is read
}

// expectMessages begins to wait for the client.
func (c *connection) expectMessages() {
	limits := c.conn.config.limits
	switch {
	case limits.firstMessage > 0:
		c.idleAfter(limits.firstMessage)
	case limits.idle > 0:
		c.idleAfter(limits.idle)
	}
}

func (c *connection) idleAfter(d time.Duration) {
	m := &idleDue{epoch: c.epoch, at: time.Now().Add(d)}
	c.quiet = timer.AfterFunc(d, func() { c.conn.mailbox.post(m) })
}

// idleDue closes a connection whose client has said nothing for too long.
func (c *connection) idleDue(m *idleDue) {
	if m.epoch != c.epoch || c.phase != open {
		return
	}
	why, wait := c.tooQuiet()
	switch {
	case why == nil && wait > 0:
		c.idleAfter(wait)
	case why == nil:
	case m.caughtUp:
		c.close(why)
	default:
		c.catchUp(time.Since(m.at), &idleDue{epoch: c.epoch, caughtUp: true})
	}
}

// tooQuiet is with what to close for it, or else when to look again, or zero. While a
// slow handler keeps the reader from reading, what the client says cannot be heard.
func (c *connection) tooQuiet() (why *messages.Close, wait time.Duration) {
	limits := c.conn.config.limits
	last, ever := c.reader.LastMessage()
	switch quiet := c.ws.Socket.Now() - max(last, c.ws.Socket.LastResumed()); {
	case !ever && limits.firstMessage > 0:
		return &messages.Close{Code: messages.ClosePolicyViolation, Reason: "no message in time"}, 0
	case limits.idle == 0: // and the first message has come
		return nil, 0
	case c.conn.link.Paused():
		return nil, limits.idle
	case quiet >= limits.idle:
		return &messages.Close{Code: messages.CloseGoingAway, Reason: "idle"}, 0
	default:
		return nil, limits.idle - quiet
	}
}
