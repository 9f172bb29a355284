package actors

import (
	"io"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/clock"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// tree is what the connections of a supervisor's tree share.
type tree struct {
	*child.Contained
	system   *actor.ActorSystem
	workers  *mailbox.Workers
	readers  *reader.Readers
	clock    *clock.Clock
	governor *actor.PID
	polling  atomic.Pointer[transport.Poller]
	closed   atomic.Bool

	// Props are 224 bytes: shared, they are nobody's in particular. See mailbox.Of.
	connection, heartbeat *actor.Props
}

type treeKey struct{}

// treeOf returns that of a supervisor's tree, or nil if it has stopped.
func treeOf(children child.Tree) *tree {
	t, _ := children.Shared(treeKey{}, func() io.Closer { return newTree(children) }).(*tree)
	return t
}

func newTree(children child.Tree) *tree {
	t := &tree{Contained: children.Contained(), system: children.System(), governor: children.Governor(), workers: mailbox.NewWorkers()}
	t.clock = clock.New(children.System(), t.Contained)
	dispatcher := actor.WithDispatcher(t.workers)
	t.connection = actor.PropsFromProducer(newConnection, actor.WithMailbox(newMailbox), dispatcher,
		actor.WithSpawnMiddleware(noChild))
	t.heartbeat = actor.PropsFromProducer(newHeartbeat, actor.WithMailbox(newHeartbeatInbox), dispatcher)
	t.readers = reader.NewReaders(t.workers)
	return t
}

// Close implements io.Closer.
func (t *tree) Close() error {
	t.closed.Store(true)
	t.readers.Close()
	t.clock.Stop()
	if p := t.polling.Swap(nil); p != nil {
		_ = p.Close()
	}
	t.workers.Close()
	return nil
}

// poller returns the one of the tree, made when the first socket needs it, or nil if
// there is none.
func (t *tree) poller() *transport.Poller {
	if p := t.polling.Load(); p != nil {
		return p
	}
	p := transport.NewPoller()
	if p != nil && !t.polling.CompareAndSwap(nil, p) {
		_ = p.Close()
	}
	if t.closed.Load() {
		_ = t.Close()
	}
	return t.polling.Load()
}
