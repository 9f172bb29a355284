package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// inbox is the mailbox of a connection's children. It is smaller than protoactor's
// Unbounded, which begins with room for ten messages, and it can be run on the
// goroutine of whoever has filled it.
type inbox struct {
	runner
	queue queue
	conn  *Conn
	count int64 // of messages that were handled and not yet given back
	// closed is the epoch of the last Closed: of it nothing more is for the handler,
	// though a reader that was cut off may be about to deliver.
	closed uint64
	// taken is set, once, by the connection whose handler it is: nobody else's.
	taken atomic.Bool
	// then is what whoever runs this mailbox does next, when this one is idle.
	then func()
}

// giveBack is how many messages are given back to the credit at a time.
const giveBack = 32

var _ actor.Mailbox = (*inbox)(nil)

// newInbox returns one that is held until it knows whose it is.
func newInbox() actor.Mailbox {
	m := &inbox{}
	m.work = m
	m.hold()
	return m
}

// rested implements work.
func (m *inbox) rested() {
	if m.then != nil {
		m.then()
	}
}

// PostUserMessage implements actor.Mailbox.
func (m *inbox) PostUserMessage(message any) {
	switch one := actor.UnwrapEnvelopeMessage(message).(type) {
	case *claim:
		one.inbox = m
		return
	case actor.MessageBatch:
		for _, each := range one.GetMessages() {
			m.PostUserMessage(each) // as protoactor's own mailboxes do
		}
	}
	m.queue.push(message)
	m.wake()
}

// UserMessageCount implements actor.Mailbox. Nobody asks.
func (m *inbox) UserMessageCount() int { return 0 }

func (m *inbox) next() any {
	message := m.queue.pop()
	for m.passesOver(message) {
		message = m.queue.pop()
	}
	return message
}

// passesOver reports whether a message is not for the handler: what comes after the
// Closed of its epoch, and what is to come back when it is reached.
func (m *inbox) passesOver(message any) bool {
	switch e := message.(type) {
	case *messages.Received:
		return e.Conn == m.conn.pid && m.late(e.Epoch)
	case *messages.Decoded:
		return e.Conn == m.conn.pid && m.late(e.Epoch)
	case *messages.Closed:
		if e.Conn == m.conn.pid {
			m.closed = e.Epoch
		}
	case *caughtUp:
		m.drained()
		e.conn.mailbox.post(e)
		return true
	}
	return false
}

// late reports whether a message of an epoch comes after its Closed.
func (m *inbox) late(epoch uint64) bool {
	if epoch > m.closed {
		return false
	}
	m.count++
	return true
}

// handled counts what the handler has handled.
func (m *inbox) handled(message any) {
	if fromPeer(message, m.conn.pid) {
		if m.count++; m.count >= giveBack {
			m.drained()
		}
	}
}

func (m *inbox) drained() {
	if m.count > 0 {
		m.conn.credit.give(m.count)
		m.count = 0
	}
}

func (m *inbox) restarting() {}

// stopping has the connection expect the end of its handler.
func (m *inbox) stopping() {
	if ctx, ok := m.invoker.(actor.Context); ok && m.awaited {
		m.conn.mailbox.post(&handlerStopping{ctx.Self()})
	}
}
