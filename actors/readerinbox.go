package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
)

// readerInbox is the mailbox of a reader, which hands off when it is idle.
type readerInbox struct {
	mailbox.Inbox
	reader  *reader
	readers *treeReaders
}

// Rested implements mailbox.Work.
func (m *readerInbox) Rested() { m.reader.rested() }

// Guard implements mailbox.Work.
func (m *readerInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return m.reader.link.owner.Guard(system)
}
