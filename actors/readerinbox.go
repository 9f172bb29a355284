package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// readerInbox is the mailbox of a reader, which hands off when it is idle.
type readerInbox struct {
	mailbox.Inbox
	reader *reader
}

// newReaderInbox returns one that is held until it knows whose it is.
func newReaderInbox() actor.Mailbox {
	m := &readerInbox{}
	m.Init(m)
	return m
}

// Rested implements mailbox.Work.
func (m *readerInbox) Rested() { m.reader.rested() }

// Guard implements mailbox.Work.
func (m *readerInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return child.Contain(system)
}
