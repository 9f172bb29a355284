package supervisor

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Supervisor is a tree of connections. All its methods may be called from any
// goroutine.
type Supervisor struct {
	system   *actor.ActorSystem
	out      *child.Contained
	policy   Policy
	root     *actor.PID
	shards   []*actor.PID
	governor *actor.PID
	next     atomic.Uint64 // the shard for the next child
	// running publishes how many connections there are.
	running atomic.Int64
	// stopping publishes that Stop was called.
	stopping atomic.Bool
	shared   sync.Map         // io.Closer, by the key of child.Tree's Shared
	done     chan struct{}    // closed when the tree has stopped
	drained  messages.Drained // how; written before done is closed
}

// StoppedError says that the tree is stopping or has stopped.
type StoppedError struct{}

func (e *StoppedError) Error() string { return "supervisor is stopping or stopped" }

// StopError says that a Stop ran out of time.
type StopError struct {
	// Forced counts the connections that were cut off instead of closed.
	Forced int
	// Err is that of the context.
	Err error
}

func (e *StopError) Error() string {
	return messages.Redact(fmt.Sprintf("stop: %d connections forced: %v", e.Forced, e.Err))
}

// Unwrap returns the context's error.
func (e *StopError) Unwrap() error { return e.Err }

// Start starts a tree of its own in the actor system. It returns a
// [messages.OptionError] if an option makes no sense.
func Start(system *actor.ActorSystem, options ...Option) (*Supervisor, error) {
	if system == nil {
		return nil, &messages.OptionError{Option: "system", Problem: "must not be nil"}
	}
	config, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	s := &Supervisor{system: system, out: child.Contain(system), policy: config.policy, done: make(chan struct{})}
	started := make(chan struct{})
	s.root = system.Root.SpawnPrefix(actor.PropsFromProducer(func() actor.Actor {
		return &root{out: s.out, supervisor: s, config: config, started: started}
	}, s.out.Mailbox()), "sockvisor")
	<-started
	if config.network != nil {
		go s.follow(config.network)
	}
	return s, nil
}

// System returns the actor system of the tree.
func (s *Supervisor) System() *actor.ActorSystem { return s.system }

// Running returns how many connections the tree has, in whatever state.
func (s *Supervisor) Running() int { return int(s.running.Load()) }

// Stopping reports whether Stop was called: nothing new is started any more.
func (s *Supervisor) Stopping() bool { return s.stopping.Load() }

// nextShard returns that of the next child.
func (s *Supervisor) nextShard() *actor.PID {
	return s.shards[s.next.Add(1)%uint64(len(s.shards))]
}

// PID is where actors send messages.Drain, Reconnect and InspectDials.
func (s *Supervisor) PID() *actor.PID { return s.root }

// Stop closes every connection with 1001 (going away), takes no new ones, and
// returns when all are gone. Each closes as after a [messages.Close]. When ctx
// ends first, the connections that are left are cut off and Stop returns a
// [StopError]. A further Stop waits for the same end.
//
// It must not be called from an actor's Receive: it blocks.
func (s *Supervisor) Stop(ctx context.Context) error {
	_, err := s.Drain(ctx, messages.Drain{Timeout: math.MaxInt64})
	return err
}

// Drain is Stop at the pace that m says, and returns how it went. It returns why
// m makes no sense, or a [StopError] if ctx ended first. The first Drain or Stop
// of a tree counts, a further one waits for the same end.
//
// It must not be called from an actor's Receive: those send m to PID.
func (s *Supervisor) Drain(ctx context.Context, m messages.Drain) (messages.Drained, error) {
	if err := m.Validate(); err != nil {
		return messages.Drained{}, err
	}
	if !s.ended() {
		s.stopping.Store(true)
		s.out.Send(s.root, &stop{m})
	}
	select {
	case <-s.done:
		return s.drained, nil
	case <-ctx.Done():
	}
	s.out.Send(s.root, &force{})
	<-s.done // at once: nothing in the tree waits for a socket
	if s.drained.Forced == 0 {
		return s.drained, nil // the last one closed just now
	}
	return s.drained, &StopError{Forced: s.drained.Forced, Err: ctx.Err()}
}

func (s *Supervisor) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
