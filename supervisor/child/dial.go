package child

import "github.com/asynkron/protoactor-go/actor"

// Dial is a child's request for its turn to dial. The governor of the tree
// answers with a [Turn], when there is room, and is told with [DialOver] when the
// dial has ended or the child does not want its turn any more.
type Dial struct {
	Conn *actor.PID
	// Number tells the dials of a child apart: one may be over later than the
	// next is asked for.
	Number uint64
	// Host is where to, with the port.
	Host string
}

// Turn says that a child may dial now.
type Turn struct{ Number uint64 }

// DialOver gives back a place, in the queue or among those that dial. More than one
// for the same Dial does no harm.
type DialOver struct {
	Conn   *actor.PID
	Number uint64
}

// Either end may have been stopped over these.
func (*Turn) IgnoreDeadLetterLogging()     {}
func (*Dial) IgnoreDeadLetterLogging()     {}
func (*DialOver) IgnoreDeadLetterLogging() {}
