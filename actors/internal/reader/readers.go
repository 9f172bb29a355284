package reader

import (
	"runtime"

	"github.com/asynkron/protoactor-go/actor"
)

// Readers are those of a tree: what they have in common.
type Readers struct {
	props    *actor.Props
	handoffs handoffs
}

// NewReaders returns those of a tree, which a dispatcher runs.
func NewReaders(dispatcher actor.Dispatcher) *Readers {
	s := &Readers{handoffs: newHandoffs(4 * runtime.GOMAXPROCS(0))}
	s.props = actor.PropsFromProducer(newReader, actor.WithMailbox(s.newInbox), actor.WithDispatcher(dispatcher))
	return s
}

// newInbox returns one that is held until it knows whose it is.
func (s *Readers) newInbox() actor.Mailbox {
	m := &Inbox{readers: s}
	m.Init(m)
	return m
}

// Props are those of each: what is spawned has an Inbox, which is to be found and
// told what to Read.
func (s *Readers) Props() *actor.Props { return s.props }

// Close ends what they have running.
func (s *Readers) Close() { s.handoffs.close() }
