package actors

import "time"

// expired says that a step of ending took too long.
type expired struct {
	at       time.Time // when it was to come
	caughtUp bool      // what had arrived then is read
}

// expire gives the step that begins its time. After it, and when what has arrived is
// read, the socket is cut off, the reader ends, and with it the epoch.
func (c *connection) expire(after time.Duration) {
	c.cancelTimer()
	m := &expired{at: time.Now().Add(after)}
	c.expiring = m
	c.timer = time.AfterFunc(after, func() { c.mailbox.post(m) })
}

func (c *connection) cancelTimer() {
	c.expiring = nil
	if c.timer != nil {
		c.timer.Stop()
	}
}

// expired is of the present step, or of none.
func (c *connection) expired(m *expired) {
	switch {
	case m != c.expiring:
	case c.farewell != nil:
		c.hurry()
	case m.caughtUp:
		c.cutOff()
	default:
		c.expiring = &expired{caughtUp: true}
		c.catchUp(time.Since(m.at), c.expiring)
	}
}
