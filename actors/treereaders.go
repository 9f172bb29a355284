package actors

import (
	"runtime"

	"github.com/asynkron/protoactor-go/actor"
)

// treeReaders are the readers of a tree: what they have in common.
type treeReaders struct {
	props    *actor.Props
	carriers carriers
}

// newReaders returns those of a tree, which a dispatcher runs.
func newReaders(dispatcher actor.Dispatcher) *treeReaders {
	s := &treeReaders{carriers: carriers{places: make([]place, 4*runtime.GOMAXPROCS(0))}}
	s.props = actor.PropsFromProducer(newReader, actor.WithMailbox(s.newInbox), actor.WithDispatcher(dispatcher))
	return s
}

// newInbox returns one that is held until it knows whose it is.
func (s *treeReaders) newInbox() actor.Mailbox {
	m := &readerInbox{readers: s}
	m.Init(m)
	return m
}

// Props are those of each: what they spawn has a readerInbox, which is to be found and
// started.
func (s *treeReaders) Props() *actor.Props { return s.props }

// Close ends what they have running.
func (s *treeReaders) Close() { s.carriers.close() }
