package mailbox

import (
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"
)

// Inbox is a mailbox with one queue. It is smaller than protoactor's Unbounded, which
// begins with room for ten messages, and it can be run on the goroutine of whoever has
// filled it. It does the least of what a Work may do: whoever wants more of it has a
// mailbox of its own around one, which it gives
// to Init.
type Inbox struct {
	Runner
	Queue Queue
}

// PostUserMessage implements actor.Mailbox.
func (m *Inbox) PostUserMessage(message any) {
	switch one := actor.UnwrapEnvelopeMessage(message).(type) {
	case *search:
		one.found = m.work
		return
	case actor.MessageBatch:
		for _, each := range one.GetMessages() {
			m.PostUserMessage(each) // as protoactor's own mailboxes do
		}
	}
	m.Queue.Push(message)
	m.Wake()
}

// UserMessageCount implements actor.Mailbox. Nobody asks.
func (m *Inbox) UserMessageCount() int { return 0 }

// Next implements Work.
func (m *Inbox) Next() any { return m.Queue.Pop() }

// Handled implements Work.
func (m *Inbox) Handled(any) {}

// Drained implements Work.
func (m *Inbox) Drained() {}

// Rested implements Work.
func (m *Inbox) Rested() {}

// Restarting implements Work.
func (m *Inbox) Restarting() {}

// Stopping implements Work.
func (m *Inbox) Stopping() {}

// Crashed implements Work: the stack is lost when this returns.
func (m *Inbox) Crashed(reason any) any { return &Crash{Reason: reason, Stack: debug.Stack()} }
