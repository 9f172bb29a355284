package reader

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// HandlerInbox is the mailbox of a handler. It gives back to the credit what is handled,
// and keeps from the handler what comes too late.
type HandlerInbox struct {
	mailbox.Inbox
	link  *Link
	count int64 // of messages that were handled and not yet given back
	// closed is the epoch of the last Closed: of it nothing more is for the handler,
	// though a reader that was cut off may be about to deliver.
	closed uint64
	// claimed is set, once, by the connection whose handler it is: nobody else's.
	claimed atomic.Bool
}

// giveBack is how many messages are given back to the credit at a time.
const giveBack = 32

// Mark is put behind what a handler has before it, to be reached when that is handled.
// The handler does not see it.
type Mark struct{ Reached func() }

// NewHandlerInbox returns one that is held until it knows whose it is.
func NewHandlerInbox() actor.Mailbox {
	m := &HandlerInbox{}
	m.Init(m)
	return m
}

// Claim reports whether it is from now on that of the handler of a link's owner, and not
// another's already.
func (m *HandlerInbox) Claim(l *Link) bool {
	if m.claimed.Swap(true) {
		return false
	}
	m.link = l
	return true
}

// Owner is the connection whose handler it is of.
func (m *HandlerInbox) Owner() Owner { return m.link.owner }

// Next implements mailbox.Work.
func (m *HandlerInbox) Next() any {
	message := m.Queue.Pop()
	for m.passesOver(message) {
		message = m.Queue.Pop()
	}
	return message
}

// passesOver reports whether a message is not for the handler: what comes after the
// Closed of its epoch, and a mark.
func (m *HandlerInbox) passesOver(message any) bool {
	switch e := message.(type) {
	case *messages.Received:
		return e.Conn == m.link.conn && m.late(e.Epoch)
	case *messages.Decoded:
		return e.Conn == m.link.conn && m.late(e.Epoch)
	case *messages.Closed:
		if e.Conn == m.link.conn {
			m.closed = e.Epoch
		}
	case *Mark:
		m.Drained()
		e.Reached()
		return true
	}
	return false
}

// late reports whether a message of an epoch comes after its Closed.
func (m *HandlerInbox) late(epoch uint64) bool {
	if epoch > m.closed {
		return false
	}
	m.count++
	return true
}

// Handled counts what the handler has handled.
func (m *HandlerInbox) Handled(message any) {
	if m.link.counts(message) {
		if m.count++; m.count >= giveBack {
			m.Drained()
		}
	}
}

// Drained implements mailbox.Work.
func (m *HandlerInbox) Drained() {
	if m.count > 0 {
		m.link.Give(m.count)
		m.count = 0
	}
}

// Stopping has the connection expect the end of its handler.
func (m *HandlerInbox) Stopping() {
	if ctx := m.Context(); ctx != nil {
		m.link.owner.HandlerStopping(ctx.Self())
	}
}

// Guard implements mailbox.Work.
func (m *HandlerInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return m.link.owner.Guard(system)
}
