package groups

import (
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// props are of the actors of this package: protoactor's own mailbox keeps room for as
// many messages as ever waited.
func props(producer actor.Producer, out Out) *actor.Props {
	return actor.PropsFromProducer(producer, actor.WithMailbox(func() actor.Mailbox { return newShardInbox(out) }))
}

// shardProps are of the shards.
func shardProps(out Out) *actor.Props {
	return props(func() actor.Actor { return &shard{out: out, places: make(map[connKey]int)} }, out)
}

// shardInbox is the mailbox of a shard, which it tells when it is empty, and of the
// actors above it.
type shardInbox struct {
	mailbox.Inbox
	out Out
}

func newShardInbox(out Out) *shardInbox {
	m := &shardInbox{out: out}
	m.Init(m)
	return m
}

// RegisterHandlers implements actor.Mailbox: nobody waits to find out whose it is.
func (m *shardInbox) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	m.Inbox.RegisterHandlers(invoker, d)
	m.Release()
}

// Drained has the members write what waits.
func (m *shardInbox) Drained() {
	if s, ok := m.Actor().(*shard); ok {
		s.run()
	}
}

// Crashed implements mailbox.Work: an actor that was restarted would have forgotten its
// members.
func (m *shardInbox) Crashed(reason any) any {
	m.out.Crashed(&messages.HandlerError{Reason: reason, In: "sockvisor", Stack: debug.Stack()})
	return nil
}

// Guard implements mailbox.Work.
func (m *shardInbox) Guard(*actor.ActorSystem) mailbox.Guard { return m.out }
