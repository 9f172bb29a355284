package actors

import "sync/atomic"

// credit bounds the Received that the handler still has before it. The reader
// takes, whoever knows that one was handled gives back.
type credit struct {
	limit     int64
	unhandled atomic.Int64
	paused    atomic.Bool            // the reader waits: its own word, which others read
	reader    atomic.Pointer[reader] // the connection's word, nil when it has none, or that has ended
}

// serve begins anew with a reader, which does not wait, however the one before ended.
func (c *credit) serve(r *reader) {
	c.paused.Store(false)
	c.reader.Store(r)
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

// untake returns what was taken for nothing.
func (c *credit) untake(n int64) { c.unhandled.Add(-n) }

// give returns n. More than was taken is forgiven.
func (c *credit) give(n int64) {
	for {
		unhandled := c.unhandled.Load()
		if c.unhandled.CompareAndSwap(unhandled, max(unhandled-n, 0)) {
			break
		}
	}
	if c.paused.Load() && c.low() {
		c.poke()
	}
}

// reset forgets what was taken: nobody will give it back.
func (c *credit) reset() {
	c.unhandled.Store(0)
	c.poke()
}

// poke makes a waiting reader look again.
func (c *credit) poke() {
	if r := c.reader.Load(); r != nil {
		r.wakeUp()
	}
}
