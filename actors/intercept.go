package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/messages"
)

// Filter implements reader.Owner.
func (m *connMailbox) Filter(_ *reader.Reader, received *messages.Received) (event any, err error) {
	option := "WithIncoming"
	defer func() {
		if reason := recover(); reason != nil {
			crash := blame.Panicked(option, reason)
			m.conn.logCrashed(crash)
			event, err = nil, crash
		}
	}()
	x, conn, epoch := m.conn.config.extensions, received.Conn, received.Epoch
	for _, each := range x.incoming {
		if received = each.Receive(received); received == nil {
			return nil, nil
		}
		received = stamped(received, conn, epoch)
	}
	option = "WithCorrelation"
	if m.conn.answers(received) {
		return reader.PassedOn, nil
	}
	if x.codec == nil {
		return received, nil
	}
	option = "WithCodec"
	return decoded(x.codec, received), nil
}

// stamped returns a message that says whose it is.
func stamped(received *messages.Received, conn *actor.PID, epoch uint64) *messages.Received {
	if received.Conn == conn && received.Epoch == epoch {
		return received
	}
	return &messages.Received{Conn: conn, Epoch: epoch, Type: received.Type, Data: received.Data}
}

// outgoing returns what is written for a message of the user's, nil for nothing. All
// of them go through here. The connection may have failed meanwhile.
func (c *connection) outgoing(send *messages.Send, duplicate bool) *messages.Send {
	if c.conn.config.extensions == nil {
		return send
	}
	return c.intercept(send, duplicate)
}

func (c *connection) intercept(send *messages.Send, duplicate bool) *messages.Send {
	defer c.blame("WithOutgoing") // which returns nil
	out := send
	for _, each := range c.conn.config.extensions.outgoing {
		out = each.Send(Outbound{Conn: c.conn.pid, Epoch: c.epoch, Send: out, Duplicate: duplicate})
		if out == nil {
			return nil
		}
	}
	if out != send {
		if err := out.Validate(); err != nil {
			panic(err)
		}
	}
	return out
}
