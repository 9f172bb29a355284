package reader

import (
	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// readOne reads and delivers a message.
func (r *Reader) readOne() error {
	kind, data, err := r.ws.Next()
	if err != nil || data == nil {
		return err
	}
	return r.deliver(kind, data)
}

// batchSize is how many messages the reader of a flood delivers before another
// goroutine begins to handle them. Waking one for each would cost more than to
// handle it; what is left when the kernel has no more, the reader's own goroutine
// does: see handoffs.
const batchSize = 64

// receivedNode is a Received with its place in the handler's inbox: one allocation.
type receivedNode struct {
	mailbox.Node
	received messages.Received
}

// deliver has the handler get a message, with others of a batch.
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
	if r.batch++; !r.polled || r.batch >= batchSize {
		r.pushBatch()
		r.target.Wake() // this goroutine goes on reading
	}
	return nil
}

// pushBatch puts into the handler's inbox what was received.
func (r *Reader) pushBatch() {
	if r.newest != nil {
		r.target.Queue.PushAll(r.newest, r.oldest)
		r.newest, r.oldest, r.batch = nil, nil, 0
	}
}

// settle is for the end of a run: nothing is held back.
func (r *Reader) settle() {
	r.pushBatch()
	r.link.untake(r.granted)
	r.granted = 0
}
