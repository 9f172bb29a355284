package actors

import "sync/atomic"

// credit bounds the Received that the handler still has before it. The reader
// takes, whoever knows that one was handled gives back.
type credit struct {
	limit     int64
	unhandled atomic.Int64
	reader    atomic.Pointer[reader] // the connection's word, nil when it has none, or that has ended
}

// paused reports whether the reader waits. One that the connection has gone on without
// has nothing to say here.
func (c *credit) paused() bool {
	r := c.reader.Load()
	return r != nil && r.paused.Load()
}

// low reports whether a reader that stopped may go on: at half, so that it does
// not stop and go with every message.
func (c *credit) low() bool { return c.unhandled.Load() <= c.limit/2 }

// take takes up to n, and returns how much it got.
func (c *credit) take(n int64) int64 {
	n = max(min(n, c.limit-c.unhandled.Load()), 0)
	c.unhandled.Add(n)
	return n
}

// untake returns what was taken. More is forgiven: it may be of before a reset.
func (c *credit) untake(n int64) {
	for n > 0 {
		unhandled := c.unhandled.Load()
		if c.unhandled.CompareAndSwap(unhandled, max(unhandled-n, 0)) {
			return
		}
	}
}

// give is untake by whoever knows that messages were handled.
func (c *credit) give(n int64) {
	c.untake(n)
	if c.paused() && c.low() {
		c.wake()
	}
}

// reset forgets what was taken: nobody will give it back.
func (c *credit) reset() {
	c.unhandled.Store(0)
	c.wake()
}

// wake makes a waiting reader look again.
func (c *credit) wake() {
	if r := c.reader.Load(); r != nil {
		r.wakeUp()
	}
}
