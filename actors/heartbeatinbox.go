package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// heartbeatInbox is the mailbox of a heartbeat.
type heartbeatInbox struct{ mailbox.Inbox }

// newHeartbeatInbox returns one that is held until it knows whose it is.
func newHeartbeatInbox() actor.Mailbox {
	m := &heartbeatInbox{}
	m.Init(m)
	return m
}

// Guard implements mailbox.Work.
func (m *heartbeatInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return child.Contain(system)
}
