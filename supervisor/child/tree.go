package child

import (
	"io"

	"github.com/asynkron/protoactor-go/actor"
)

// Tree is what a tree is to those who have children of their own in it: see Tree of
// supervisor.Supervisor. All its methods may be called from any goroutine.
type Tree interface {
	// System returns the actor system of the tree.
	System() *actor.ActorSystem
	// Spawn starts a child under one of the shards, as OTP's start_child does: it waits
	// for the shard, some microseconds, and not for the child.
	//
	// It returns a supervisor.StoppedError once the tree is stopping, and a
	// messages.OptionError if the policy makes no sense.
	Spawn(props *actor.Props) (*actor.PID, error)
	// Shared returns what the children of the tree have in common under a key: what
	// create returns the first time that somebody asks. It is closed when the tree has
	// stopped; afterwards, and if create returns nil, Shared returns nil.
	//
	// create may be called by several who ask first at the same time; what is not
	// needed is closed.
	Shared(key any, create func() io.Closer) io.Closer
	// Governor is where children send [Dial].
	Governor() *actor.PID
	// Contained is how the tree speaks to what is the user's.
	Contained() *Contained
}
