package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

func (c *connection) inspect() *messages.Inspected {
	return &messages.Inspected{
		Conn:           c.pid,
		URL:            redactURL(c.url),
		ReadyState:     c.ReadyState(),
		Phase:          c.phase.String(),
		Epoch:          c.own,
		Queued:         c.Queued(),
		BufferedAmount: c.BufferedAmount(),
		Unhandled:      int(c.credit.unhandled.Load()),
		ReaderPaused:   c.credit.paused(),
		RTT:            c.RTT(),
		Err:            c.failure,
		WaitsForTurn:   c.waited(),
	}
}

// waited is for how long the connection has waited for its turn to dial.
func (c *connection) waited() time.Duration {
	if c.waiting == 0 {
		return 0
	}
	return max(c.tree.clock.Now()+1-c.waiting, 1)
}
