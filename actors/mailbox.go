package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// connMailbox is a connection's mailbox. It outlives the incarnations, so the unsent
// messages live here and not in the actor's fields. It has three queues, each
// emptied before the next is looked at:
//
//	system    protoactor's own messages
//	control   close, inspect, events of the children: never behind a backlog
//	sends      taken only while the sink takes them
//
// Any goroutine may post. All else happens in run, on one goroutine at a time.
type connMailbox struct {
	mailbox.Runner
	conn    *Conn
	control mailbox.Queue
	sends   sendqueue.Queue
	asking  atomic.Int64   // how many asks wait: who asks adds, who answers subtracts
	direct  *messages.Send // past the queue: see TakeBroadcast
	// sink is where the queue drains to, nil while there is no open socket.
	sink sink
	// held says that the queue waits for the next socket, while this one closes.
	held bool
	// closing says that a close frame follows what is in the queue.
	closing bool
	// over says that the connection ended: sends that are still queued, or
	// in the act of being queued, are dropped.
	over bool
}

// sink is where the send queue drains to.
type sink interface {
	// Ready reports whether more may be written. When it becomes so again,
	// the sink wakes the mailbox.
	Ready() bool
	// Flush puts on the wire what was written in this run.
	Flush()
}

var _ actor.Mailbox = (*connMailbox)(nil)

// newMailbox returns one that is held until it knows whose it is.
func newMailbox() actor.Mailbox {
	m := &connMailbox{}
	m.Init(m)
	return m
}

func (m *connMailbox) init(c *Conn) {
	m.conn = c
	m.sends.Init(&c.config.sends)
}

// UserMessageCount implements actor.Mailbox.
func (m *connMailbox) UserMessageCount() int {
	queued, _ := m.sends.Depth()
	return queued
}

// PostUserMessage implements actor.Mailbox: what the connection refuses, it
// refuses here, on the sender's goroutine.
func (m *connMailbox) PostUserMessage(message any) {
	if m.Found(message) {
		return
	}
	if err := m.admit(message); err != nil {
		m.conn.reject(message, err)
	}
}

// TakeBroadcast is for a group: it queues a message that is valid and, now or later, runs
// the mailbox here. A connection that has nothing else to do gets the message past
// the queue, which then needs no memory.
func (m *connMailbox) TakeBroadcast(send *messages.Send, now bool) {
	if now && m.Take() {
		if m.free(send) {
			m.direct = send
		} else {
			m.pushValid(send)
		}
		m.Run()
		return
	}
	m.pushValid(send)
	if now {
		m.Wake()
	}
}

// free reports whether a message would be written at once. Only who runs the mailbox
// calls it.
func (m *connMailbox) free(send *messages.Send) bool {
	return m.sends.Idle() && !m.conn.config.resend && m.sends.Fits(len(send.Data)) &&
		m.Undisturbed() && m.control.Empty() && m.draining() != nil && m.sink.Ready()
}

func (m *connMailbox) pushValid(send *messages.Send) {
	if err := m.push(send, send); err != nil {
		m.conn.reject(send, err)
	}
}

// post queues a message before the sends.
func (m *connMailbox) post(message any) {
	m.control.Push(message)
	m.Wake()
}

// draining returns where the queue drains to now, or nil.
func (m *connMailbox) draining() sink {
	if m.held {
		return nil
	}
	return m.sink
}

// Handled implements mailbox.Work.
func (m *connMailbox) Handled(any) {}

// Drained puts on the wire what was written in this run.
func (m *connMailbox) Drained() {
	if m.closing && m.sink != nil {
		m.Actor().(*connection).closeIfWritten()
	}
	switch {
	case m.sink == nil:
	case m.conn.kept.inFlight != nil:
		m.Actor().(*connection).settle()
	default:
		m.sink.Flush()
	}
	if m.closing && m.sink != nil {
		m.Actor().(*connection).partIfTaken()
	}
}

// Restarting lets the incarnation hear what was said to it before its restart, such
// as the decision to restart it.
func (m *connMailbox) Restarting() {
	for said := m.control.Pop(); said != nil; said = m.control.Pop() {
		m.Invoke(said)
	}
}

// Stopping implements mailbox.Work.
func (m *connMailbox) Stopping() {}

// Rested implements mailbox.Work.
func (m *connMailbox) Rested() {}

// Crashed implements mailbox.Work.
func (m *connMailbox) Crashed(reason any) any {
	if c, ok := m.Actor().(*connection); ok {
		return c.crashed(reason)
	}
	return reason
}

// Guard implements mailbox.Work.
func (m *connMailbox) Guard(*actor.ActorSystem) mailbox.Guard { return m.conn.tree }

// Next returns the next message for the actor, or nil.
func (m *connMailbox) Next() any {
	if m.over {
		return m.nextOver()
	}
	if send := m.direct; send != nil { // before what came since it was seen to be free
		m.direct = nil
		if m.draining() != nil {
			return send
		}
		m.pushValid(send)
	}
	if message := m.control.Pop(); message != nil {
		return message
	}
	m.trim()
	if out := m.draining(); out != nil && out.Ready() {
		return m.nextSend()
	}
	return nil
}

// nextSend returns the next message to be written, or nil.
func (m *connMailbox) nextSend() any {
	if d := m.conn.kept.inFlight.Next(); d != nil {
		return d
	}
	message := m.sends.Take()
	if message == nil {
		return nil
	}
	d, ok := message.(*sendqueue.Delivery)
	if !ok && m.conn.config.resend {
		return &sendqueue.Delivery{Send: actor.UnwrapEnvelopeMessage(message).(*messages.Send)} // to be kept
	}
	if !ok || !m.conn.keeps(d) {
		m.sends.Release(1, sendqueue.SizeOf(message))
	}
	return message
}

// nextOver is next once the connection is over: sends are dropped.
func (m *connMailbox) nextOver() any {
	if send := m.direct; send != nil {
		m.direct = nil
		m.conn.reject(send, &messages.ClosedError{})
	}
	for message := m.sends.Pop(); message != nil; message = m.sends.Pop() {
		m.conn.reject(message, &messages.ClosedError{})
	}
	m.sends.Forget()
	return m.control.Pop()
}

// stop ends the mailbox with its actor, to which protoactor delivers nothing any more:
// what is left is discarded, now and whenever it comes. See mailbox.Runner.End.
func (m *connMailbox) stop() {
	m.sends.Close()
	m.sink, m.over = nil, true
	m.End(m.conn.tree.system, m.conn.pid)
}

// trim drops what the policy says until the bounds of the queue hold again.
func (m *connMailbox) trim() {
	for m.sends.Excess() {
		message := m.sends.Victim()
		if message == nil {
			return
		}
		m.sends.Release(1, sendqueue.SizeOf(message))
		m.conn.reject(message, &messages.DroppedError{})
	}
}
