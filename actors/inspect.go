package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

func (c *connection) inspect() *messages.Inspected {
	return &messages.Inspected{
		Conn:           c.conn.pid,
		URL:            redactURL(c.conn.url),
		ReadyState:     c.conn.ReadyState(),
		Phase:          c.phase.String(),
		Epoch:          c.epoch,
		Queued:         c.conn.Queued(),
		BufferedAmount: c.conn.BufferedAmount(),
		Unhandled:      int(c.conn.link.Unhandled()),
		ReaderPaused:   c.conn.link.Paused(),
		RTT:            c.conn.RTT(),
		Err:            c.failure,
		WaitsForTurn:   c.waited(),
	}
}

// waited is for how long the connection has waited for its turn to dial.
func (c *connection) waited() time.Duration {
	if c.waiting == 0 {
		return 0
	}
	return max(c.conn.tree.clock.Now()+1-c.waiting, 1)
}
