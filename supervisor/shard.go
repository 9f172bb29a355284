package supervisor

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// shard is the parent of some of the connections, and their strategy.
type shard struct {
	*strategy
	out *child.Contained
	// running publishes how many connections the whole tree has.
	running  *atomic.Int64
	draining *draining // nil until a drain
}

var _ actor.SupervisorStrategy = (*shard)(nil)

// spawn asks a shard for a child. The answer goes to reply, which has room for it.
type spawn struct {
	props  *actor.Props
	policy *Policy
	reply  chan<- spawned
}

type spawned struct {
	pid *actor.PID
	err error
}

// What is sent to a tree that has just stopped is no news.
func (*spawn) IgnoreDeadLetterLogging()      {}
func (*restartDue) IgnoreDeadLetterLogging() {}

// Receive implements actor.Actor.
func (s *shard) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		s.strategy = newStrategy(s.out, ctx.Self())
	case *spawn:
		m.reply <- s.spawn(ctx, m)
	case *restartDue:
		s.restartNow(m)
	case *child.RestartNow:
		s.restartAtOnce(m)
	case *messages.Reconnect:
		s.reconnect(ctx, m)
	case *child.Finished:
		s.finished(m)
	case *drain:
		s.drain(ctx, m)
	case *batchDue:
		s.closeBatch(ctx)
	case *force:
		s.force(ctx)
	case *settled:
		s.out.Send(ctx.Parent(), &drained{tally: s.draining.tally})
	case *actor.Terminated:
		s.terminated(ctx, m.Who)
	case *actor.Stopping:
		s.draining.stop()
		s.cancelAll()
	}
}

func (s *shard) spawn(ctx actor.Context, m *spawn) spawned {
	if s.draining != nil {
		return spawned{err: &StoppedError{}}
	}
	pid := ctx.Spawn(m.props)
	s.children[pid.Id] = &supervised{pid: pid, policy: m.policy}
	s.running.Add(1)
	return spawned{pid: pid}
}

func (s *shard) finished(m *child.Finished) {
	s.count(m)
	c, known := s.children[m.Conn.Id]
	if !known || c.stopped {
		return
	}
	s.cancel(c)
	s.out.Stop(c.pid)
}

func (s *shard) cancelAll() {
	for _, c := range s.children {
		s.cancel(c)
	}
}

func (s *shard) terminated(ctx actor.Context, who *actor.PID) {
	clearTail(ctx.Children())
	c, known := s.children[who.Id]
	if !known {
		return
	}
	s.cancel(c)
	delete(s.children, who.Id)
	s.running.Add(-1)
	s.settle(ctx)
}

// clearTail lets go of the child that has just been removed: protoactor's set, of which
// this is the slice itself, becomes shorter and clears nothing. It would keep all that
// there were at the same time, and what they had with them, until as many are there again.
func clearTail(children []*actor.PID) {
	if n := len(children); n < cap(children) {
		children[:n+1][n] = nil
	}
}
