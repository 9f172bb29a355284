package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// mailbox is a connection's. It outlives the incarnations, so the unsent
// messages live here and not in the actor's fields. It has three queues, each
// emptied before the next is looked at:
//
//	system    protoactor's own messages
//	control   close, inspect, events of the children: never behind a backlog
//	lane      sends, taken only while the outlet takes them
//
// Any goroutine may post. All else happens in run, on one goroutine at a time.
type mailbox struct {
	runner
	conn    *Conn
	control queue
	lane    lane
	direct  *messages.Send // past the lane: see take
	// outlet is where the lane drains to, nil while there is no open socket.
	outlet outlet
	// held says that the lane waits for the next socket, while this one closes.
	held bool
	// closing says that a close frame follows what is in the lane.
	closing bool
	// over says that the connection ended: sends that are still queued, or
	// in the act of being queued, are dropped.
	over bool
}

// outlet is where the send lane drains to.
type outlet interface {
	// ready reports whether more may be written. When it becomes so again,
	// the outlet wakes the mailbox.
	ready() bool
	// flush puts on the wire what was written in this run.
	flush()
}

// discarder is a message that owns something and must not just be forgotten.
type discarder interface{ discard() }

var _ actor.Mailbox = (*mailbox)(nil)

// newMailbox returns one that is held until it knows whose it is.
func newMailbox() actor.Mailbox {
	m := &mailbox{}
	m.work = m
	m.hold()
	return m
}

func (m *mailbox) init(c *Conn) {
	m.conn = c
	m.lane.maxMessages = c.config.maxMessages
	m.lane.maxBytes = c.config.maxBytes
	m.lane.slack = int32(c.config.overflow.slack())
	m.lane.forKeys = c.config.overflow == DropKeyed
}

// UserMessageCount implements actor.Mailbox.
func (m *mailbox) UserMessageCount() int {
	queued, _ := m.lane.depth()
	return queued
}

// PostUserMessage implements actor.Mailbox: what the connection refuses, it
// refuses here, on the sender's goroutine.
func (m *mailbox) PostUserMessage(message any) {
	if c, ok := message.(*claim); ok {
		c.mailbox = m
		return
	}
	if err := m.admit(message); err != nil {
		m.conn.reject(message, err)
	}
}

func (m *mailbox) push(message any, send *messages.Send) error {
	err := m.lane.push(message, len(send.Data))
	if err != nil {
		m.overflowed(err)
	}
	return err
}

// take is for a section: it queues a message that is valid and, now or later, runs
// the mailbox here. A connection that has nothing else to do gets the message past
// the lane, which then needs no memory.
func (m *mailbox) take(send *messages.Send, now bool) {
	if now && m.runner.take() {
		if m.free(send) {
			m.direct = send
		} else {
			m.queue(send)
		}
		m.process()
		return
	}
	m.queue(send)
	if now {
		m.wake()
	}
}

// free reports whether a message would be written at once. Only who runs the mailbox
// calls it.
func (m *mailbox) free(send *messages.Send) bool {
	state := m.lane.state.Load() // not closed, and empty
	return state == 0 && !m.conn.config.resend && int64(len(send.Data)) <= m.lane.maxBytes && !m.suspended &&
		m.system.empty() && m.control.empty() && m.draining() != nil && m.outlet.ready()
}

func (m *mailbox) queue(send *messages.Send) {
	if err := m.push(send, send); err != nil {
		m.conn.reject(send, err)
	}
}

// post queues a message in the control lane.
func (m *mailbox) post(message any) {
	m.control.push(message)
	m.wake()
}

// draining returns where the lane drains to now, or nil.
func (m *mailbox) draining() outlet {
	if m.held {
		return nil
	}
	return m.outlet
}

func (m *mailbox) handled(any) {}

// drained puts on the wire what was written in this run.
func (m *mailbox) drained() {
	if m.closing && m.outlet != nil {
		m.actorOf().(*connection).closeIfWritten()
	}
	switch {
	case m.outlet == nil:
	case m.conn.outbox != nil:
		m.actorOf().(*connection).settle()
	default:
		m.outlet.flush()
	}
	if m.closing && m.outlet != nil {
		m.actorOf().(*connection).partIfTaken()
	}
}

// restarting lets the incarnation hear what was said to it before its restart, such
// as the decision to restart it.
func (m *mailbox) restarting() {
	for said := m.control.pop(); said != nil; said = m.control.pop() {
		m.invoker.InvokeUserMessage(said)
	}
}

func (m *mailbox) stopping() {}

func (m *mailbox) rested() {}

// next returns the next message for the actor, or nil.
func (m *mailbox) next() any {
	if m.over {
		return m.nextOver()
	}
	if send := m.direct; send != nil { // before what came since it was seen to be free
		m.direct = nil
		if m.draining() != nil {
			return send
		}
		m.queue(send)
	}
	if message := m.control.pop(); message != nil {
		return message
	}
	m.trim()
	if out := m.draining(); out != nil && out.ready() {
		return m.nextSend()
	}
	return nil
}

// nextSend returns the next message to be written, or nil.
func (m *mailbox) nextSend() any {
	if p := m.conn.outbox.next(); p != nil {
		return p
	}
	message := m.lane.take()
	if message == nil {
		return nil
	}
	p, ok := message.(*parcel)
	if !ok && m.conn.config.resend {
		return &parcel{send: actor.UnwrapEnvelopeMessage(message).(*messages.Send)} // to be kept
	}
	if !ok || !m.conn.keeps(p) {
		m.lane.release(1, sizeOf(message))
	}
	return message
}

// nextOver is next once the connection is over: sends are dropped.
func (m *mailbox) nextOver() any {
	if send := m.direct; send != nil {
		m.direct = nil
		m.conn.reject(send, &messages.ClosedError{})
	}
	for message := m.lane.pop(); message != nil; message = m.lane.pop() {
		m.conn.reject(message, &messages.ClosedError{})
	}
	m.lane.forget()
	return m.control.pop()
}

// stop ends the mailbox with its actor, to which protoactor delivers nothing any more:
// what is left is discarded, now and whenever it comes. See stopped.
func (m *mailbox) stop() {
	m.lane.close()
	m.outlet, m.over = nil, true
	s := &stopped{system: m.conn.system, self: m.conn.pid}
	if ctx, ok := m.invoker.(actor.Context); ok {
		s.parent = ctx.Parent()
	}
	m.invoker, m.suspended = s, false
}

// sizeOf is what a message of the send lane counts against its bound in bytes.
func sizeOf(message any) int {
	if p, ok := message.(*parcel); ok {
		return p.size()
	}
	return len(actor.UnwrapEnvelopeMessage(message).(*messages.Send).Data)
}
