package actors

import "sync/atomic"

// credit bounds the Received that the handler still has before it. The reader
// takes, whoever knows that one was handled gives back.
type credit struct {
	limit     int64
	unhandled atomic.Int64
	paused    atomic.Bool // the reader waits
	reader    atomic.Pointer[reader]
}

// full reports whether the reader has to stop.
func (c *credit) full() bool { return c.unhandled.Load() >= c.limit }

// low reports whether a reader that stopped may go on: at half, so that it does
// not stop and go with every message.
func (c *credit) low() bool { return c.unhandled.Load() <= c.limit/2 }

func (c *credit) take() { c.unhandled.Add(1) }

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
