package main

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
)

// figures are what the clients publish.
type figures struct {
	sent, refused, received, reconnects atomic.Int64
	collector                           *actor.PID // of round trips
}

// stampSize is how much of a message is the time at which it was sent.
const stampSize = 8

var began = time.Now()

func (f *figures) send(conn *actors.Conn, size int) {
	data := make([]byte, size)
	binary.BigEndian.PutUint64(data, uint64(time.Since(began)))
	if err := conn.Send(messages.Binary(data)); err != nil {
		f.refused.Add(1)
		return
	}
	f.sent.Add(1)
}

// client is the handler of one connection.
type client struct{ figures *figures }

// Receive implements actor.Actor.
func (c *client) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Opened:
		if m.Epoch > 1 {
			c.figures.reconnects.Add(1)
		}
	case *messages.Received:
		c.figures.received.Add(1)
		if len(m.Data) >= stampSize {
			ctx.Send(c.figures.collector, roundTrip(time.Since(began)-time.Duration(binary.BigEndian.Uint64(m.Data))))
		}
	}
}
