package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// writable is the socket's word that it can be written to again, or never will.
type writable struct {
	epoch uint64
	err   error
}

// send hands a plain message to the socket.
func (c *connection) send(m *messages.Send) {
	if m = c.outgoing(m, false); m != nil {
		c.write(m)
	}
	c.closeIfWritten()
}

// write writes a message to the socket, which gathers it until the run of the mailbox
// ends.
func (c *connection) write(m *messages.Send) {
	c.written++
	c.ws.Socket.Cork()
	if err := c.ws.Write(wire.Opcode(m.Type), m.Data); err != nil {
		c.fail(&messages.WriteError{Err: err})
	}
}

func (c *connection) writable(m *writable) {
	if m.epoch == c.epoch && m.err != nil {
		c.fail(&messages.WriteError{Err: m.err})
	}
}
