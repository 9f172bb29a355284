package actors

import (
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Reconnect has the connection not wait: see [messages.Reconnect].
func (c *Conn) Reconnect() { c.mailbox.post(&messages.Reconnect{}) }

// Rotate has the connection change to a fresh socket: see [messages.Rotate].
func (c *Conn) Rotate() { c.mailbox.post(&messages.Rotate{}) }

func (c *connection) reconnect() {
	switch c.phase {
	case down:
		c.conn.tree.Send(c.ctx.Parent(), &child.RestartNow{Conn: c.conn.pid, Epoch: c.epoch})
	case answering, failing:
		c.hurried = true
	case open:
		c.probe()
	}
}
