package reader

import (
	"bytes"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// one reads and delivers a message.
func (r *Reader) one() error {
	kind, data, err := r.ws.Next()
	if err != nil || data == nil {
		return err
	}
	return r.deliver(kind, data)
}

// handOverAt is how many messages the reader of a flood delivers before another
// goroutine begins to handle them. Waking one for each would cost more than to
// handle it; what is left when the kernel has no more, the reader's own goroutine
// does: see carriers.
const handOverAt = 64

// receivedNode is a Received with its place in the handler's inbox: one allocation.
type receivedNode struct {
	mailbox.Node
	received messages.Received
}

func (r *Reader) deliver(kind messages.Type, data []byte) error {
	if r.heartbeatMessage(kind, data) || r.silent.Load() {
		return nil
	}
	r.noteMessage()
	d := &receivedNode{received: messages.Received{Conn: r.link.conn, Epoch: r.epoch, Type: kind, Data: data}}
	event := any(&d.received)
	if r.link.config.Filters {
		var err error
		if event, err = r.link.owner.Filter(r, &d.received); event == PassedOn {
			r.granted--
			return nil
		}
		if event == nil || r.silent.Load() { // code of the user's takes its time
			return err
		}
	}
	r.granted--
	if r.target == nil {
		r.link.owner.Tell(event)
		return nil
	}
	d.Message = event
	if d.Next = r.newest; r.newest == nil {
		r.oldest = &d.Node
	}
	r.newest = &d.Node
	if r.batch++; !r.polled || r.batch >= handOverAt {
		r.handOver()
		r.target.Wake() // this goroutine goes on reading
	}
	return nil
}

// handOver puts into the handler's inbox what was received.
func (r *Reader) handOver() {
	if r.newest != nil {
		r.target.Queue.PushAll(r.newest, r.oldest)
		r.newest, r.oldest, r.batch = nil, nil, 0
	}
}

// settle is for the end of a run: nothing is held back.
func (r *Reader) settle() {
	r.handOver()
	r.link.untake(r.granted)
	r.granted = 0
}

func (r *Reader) noteMessage() {
	if r.link.config.Notes {
		r.said.Store(int64(r.ws.Socket.Now()))
	}
}

// heartbeatMessage reports whether a message belongs to a payload heartbeat: the peer's,
// which is answered here as coder/websocket answers pings, or the answer to this
// side's.
func (r *Reader) heartbeatMessage(kind messages.Type, data []byte) bool {
	config := r.link.config
	switch {
	case kind != messages.TypeText:
		return false
	case config.Reply != nil && bytes.Equal(data, config.Reply.Ask):
		_ = r.ws.WriteAside(wire.OpcodeText, config.Reply.Answer) // the reader fails too if it cannot be
		return true
	case config.Payload != nil && bytes.Equal(data, config.Payload.Answer):
		r.link.owner.Answered(r)
		return true
	default:
		return false
	}
}
