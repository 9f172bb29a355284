package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/messages"
)

// sendFirst hands them to the socket before the mailbox turns to the queue of sends.
func (c *connection) sendFirst() {
	if c.conn.config.onOpen == nil {
		return
	}
	all, err := c.first()
	if err != nil {
		c.fail(err)
		return
	}
	for _, m := range all {
		if c.failure == nil {
			c.send(m)
		}
	}
}

func (c *connection) first() (all []*messages.Send, err error) {
	defer blame.Contained("WithOnOpen", &err)
	all = c.conn.config.onOpen(c.epoch)
	for _, m := range all {
		if err := m.Validate(); err != nil {
			return nil, &messages.HandlerError{Reason: err, In: "WithOnOpen"}
		}
	}
	return all, nil
}
