package reader

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
)

// Inbox is the mailbox of a reader, which hands off when it is idle.
type Inbox struct {
	mailbox.Inbox
	reader  *Reader
	readers *Readers
}

// Rested implements mailbox.Work.
func (m *Inbox) Rested() { m.reader.rested() }

// Guard implements mailbox.Work.
func (m *Inbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return m.reader.link.owner.Guard(system)
}
