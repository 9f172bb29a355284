package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// closeDue says that a step of ending took too long.
type closeDue struct {
	at       time.Time // when it was to come
	caughtUp bool      // what had arrived then is read
}

// expire gives the step that begins its time. After it, and when what has arrived is
// read, the socket is cut off, the reader ends, and with it the epoch.
func (c *connection) expire(after time.Duration) {
	c.cancelTimer()
	m := &closeDue{at: time.Now().Add(after)}
	c.expiring = m
	c.timer = timer.AfterFunc(after, func() { c.conn.mailbox.post(m) })
}

func (c *connection) cancelTimer() {
	c.expiring = nil
	if c.timer != nil {
		c.timer.Stop()
	}
}

// closeDue is of the present step, or of none.
func (c *connection) closeDue(m *closeDue) {
	switch {
	case m != c.expiring:
	case m.caughtUp && c.farewell != nil:
		c.hurry()
	case m.caughtUp:
		c.abort()
	case c.farewell != nil:
		c.giveTurn(transport.Patience(time.Since(m.at)))
	default:
		c.expiring = &closeDue{caughtUp: true}
		c.catchUp(time.Since(m.at), c.expiring)
	}
}

// giveTurn is for a farewell: the reader has ended, but the handler may have something to
// say, and whoever drains the socket the peer's close frame to read.
func (c *connection) giveTurn(d time.Duration) {
	if d == 0 {
		c.hurry()
		return
	}
	m := &closeDue{caughtUp: true}
	c.expiring = m
	c.timer = timer.AfterFunc(d, func() { c.conn.mailbox.post(m) })
}
