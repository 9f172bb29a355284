package supervisor

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// shard is the parent of some of the connections, and their strategy.
type shard struct {
	*strategy
	// running publishes how many connections the whole tree has.
	running *atomic.Int64
	closing bool
}

var _ actor.SupervisorStrategy = (*shard)(nil)

// spawn asks a shard for a child. The answer goes to reply, which has room for it.
type spawn struct {
	props  *actor.Props
	policy Policy
	reply  chan<- spawned
}

type spawned struct {
	pid *actor.PID
	err error
}

// closeAll asks a shard to close its connections and to take no new ones. It
// tells its parent allClosed when the last one is gone.
type closeAll struct{ close *messages.Close }

type allClosed struct{}

// What is sent to a tree that has just stopped is no news.
func (*spawn) IgnoreDeadLetterLogging()      {}
func (*closeAll) IgnoreDeadLetterLogging()   {}
func (*restartDue) IgnoreDeadLetterLogging() {}

// Receive implements actor.Actor.
func (s *shard) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		s.strategy = newStrategy(ctx.ActorSystem(), ctx.Self())
	case *spawn:
		m.reply <- s.spawn(ctx, m)
	case *restartDue:
		s.restartNow(m)
	case *Finished:
		s.stop(ctx, m.Conn)
	case *closeAll:
		s.closeAll(ctx, m)
	case *actor.Terminated:
		s.terminated(ctx, m.Who)
	case *actor.Stopping:
		s.cancelAll()
	}
}

func (s *shard) spawn(ctx actor.Context, m *spawn) spawned {
	if s.closing {
		return spawned{err: &StoppedError{}}
	}
	pid := ctx.Spawn(m.props)
	s.children[pid.Id] = &child{pid: pid, policy: m.policy}
	s.running.Add(1)
	return spawned{pid: pid}
}

func (s *shard) stop(ctx actor.Context, pid *actor.PID) {
	c, known := s.children[pid.Id]
	if !known || c.stopped {
		return
	}
	s.cancel(c)
	ctx.Stop(c.pid)
}

func (s *shard) closeAll(ctx actor.Context, m *closeAll) {
	s.closing = true
	for _, c := range s.children {
		if !c.stopped {
			ctx.Send(c.pid, m.close)
		}
	}
	s.reportClosed(ctx)
}

func (s *shard) cancelAll() {
	for _, c := range s.children {
		s.cancel(c)
	}
}

func (s *shard) terminated(ctx actor.Context, who *actor.PID) {
	c, known := s.children[who.Id]
	if !known {
		return
	}
	s.cancel(c)
	delete(s.children, who.Id)
	s.running.Add(-1)
	s.reportClosed(ctx)
}

func (s *shard) reportClosed(ctx actor.Context) {
	if s.closing && len(s.children) == 0 {
		ctx.Send(ctx.Parent(), &allClosed{})
	}
}
