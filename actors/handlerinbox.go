package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// handlerInbox is the mailbox of a handler. It gives back to the credit what is handled,
// and keeps from the handler what comes too late.
type handlerInbox struct {
	mailbox.Inbox
	conn  *Conn
	count int64 // of messages that were handled and not yet given back
	// closed is the epoch of the last Closed: of it nothing more is for the handler,
	// though a reader that was cut off may be about to deliver.
	closed uint64
	// taken is set, once, by the connection whose handler it is: nobody else's.
	taken   atomic.Bool
	awaited bool // the connection waits for its end
}

// giveBack is how many messages are given back to the credit at a time.
const giveBack = 32

// newHandlerInbox returns one that is held until it knows whose it is.
func newHandlerInbox() actor.Mailbox {
	m := &handlerInbox{}
	m.Init(m)
	return m
}

// Next implements mailbox.Work.
func (m *handlerInbox) Next() any {
	message := m.Queue.Pop()
	for m.passesOver(message) {
		message = m.Queue.Pop()
	}
	return message
}

// passesOver reports whether a message is not for the handler: what comes after the
// Closed of its epoch, and what is to come back when it is reached.
func (m *handlerInbox) passesOver(message any) bool {
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
		m.Drained()
		e.conn.mailbox.post(e)
		return true
	}
	return false
}

// late reports whether a message of an epoch comes after its Closed.
func (m *handlerInbox) late(epoch uint64) bool {
	if epoch > m.closed {
		return false
	}
	m.count++
	return true
}

// handled counts what the handler has handled.
func (m *handlerInbox) Handled(message any) {
	if fromPeer(message, m.conn.pid) {
		if m.count++; m.count >= giveBack {
			m.Drained()
		}
	}
}

func (m *handlerInbox) Drained() {
	if m.count > 0 {
		m.conn.credit.give(m.count)
		m.count = 0
	}
}

// Stopping has the connection expect the end of its handler.
func (m *handlerInbox) Stopping() {
	if ctx := m.Context(); ctx != nil && m.awaited {
		m.conn.mailbox.post(&handlerStopping{ctx.Self()})
	}
}

// Guard implements mailbox.Work.
func (m *handlerInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return child.Contain(system)
}

// fromPeer reports whether an event is a message of a connection's peer, which counts
// for its credit.
func fromPeer(event any, conn *actor.PID) bool {
	switch e := event.(type) {
	case *messages.Received:
		return e.Conn == conn
	case *messages.Decoded:
		return e.Conn == conn
	default:
		return false
	}
}
