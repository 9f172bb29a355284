package actors

import "time"

// expired says that a step of ending took too long.
type expired struct{ epoch uint64 }

// expire gives the step that begins its time. After it the socket is cut off,
// the reader ends, and with it the epoch.
func (c *connection) expire(after time.Duration) {
	c.cancelTimer()
	m := &expired{epoch: c.own}
	c.timer = time.AfterFunc(after, func() { c.mailbox.post(m) })
}

func (c *connection) cancelTimer() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

func (c *connection) expired(m *expired) {
	if m.epoch == c.own {
		c.cutOff()
	}
}
