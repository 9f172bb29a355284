package supervisor

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// root is the parent of the shards and of the governor.
type root struct {
	out        *child.Contained
	supervisor *Supervisor
	config     *config
	started    chan<- struct{} // closed when the children are there

	draining bool
	askers   []*actor.PID // who asked for the drain as a message
	timeout  *time.Timer
	drained  int // shards
	tally    messages.Drained
	stopping bool
}

var _ actor.SupervisorStrategy = (*root)(nil)

// HandleFailure implements actor.SupervisorStrategy. A shard or the governor fails for
// a bug, and is restarted as protoactor would, but not once the tree stops: protoactor
// would take it back from stopping to alive, and the tree would wait for it for ever.
func (r *root) HandleFailure(system *actor.ActorSystem, parent actor.Supervisor, who *actor.PID,
	statistics *actor.RestartStatistics, reason, message any,
) {
	if r.stopping {
		parent.StopChildren(who)
		return
	}
	actor.DefaultSupervisorStrategy().HandleFailure(system, parent, who, statistics, reason, message)
}

// Receive implements actor.Actor.
func (r *root) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.spawnChildren(ctx)
	case *messages.Reconnect:
		r.tell(m)
	case *messages.InspectDials:
		r.out.Do(func() { ctx.Forward(r.supervisor.governor) })
	case *messages.Drain:
		r.drain(ctx, m)
	case *stop:
		r.drain(ctx, &m.drain)
	case *force:
		r.tell(m)
	case *drained:
		r.add(ctx, m.tally)
	case *actor.Stopping:
		r.stopping = true
		if r.timeout != nil {
			r.timeout.Stop()
		}
	case *actor.Stopped:
		r.out.FlushRejects() // the process may end before the timer
		r.supervisor.drained = r.tally
		r.supervisor.closeShared()
		close(r.supervisor.done)
		r.supervisor.closeShared() // what was made meanwhile
	default:
		r.out.RejectUnknown(ctx)
	}
}

func (r *root) spawnChildren(ctx actor.Context) {
	s := r.supervisor
	steady := r.out.Mailbox()
	s.governor = ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return newGovernor(r.out, r.config.dials) }, steady))
	props := actor.PropsFromProducer(func() actor.Actor {
		return &shard{out: r.out, running: &s.running}
	}, steady)
	for range r.config.shards {
		s.shards = append(s.shards, ctx.Spawn(props))
	}
	close(r.started)
}

func (r *root) drain(ctx actor.Context, m *messages.Drain) {
	if err := m.Validate(); err != nil {
		if ctx.Sender() == nil {
			r.out.RejectTo(ctx, err)
			return
		}
		r.out.Send(ctx.Sender(), &messages.Drained{Err: err})
		return
	}
	if ctx.Sender() != nil {
		r.askers = append(r.askers, ctx.Sender())
	}
	if r.draining {
		return // the first counts
	}
	r.draining = true
	code := m.Code
	if code == 0 {
		code = messages.CloseGoingAway
	}
	r.supervisor.stopping.Store(true)
	for i, shard := range r.supervisor.shards {
		r.out.Send(shard, &drain{close: &messages.Close{Code: code}, over: m.Over, phase: phaseOf(i)})
	}
	r.startTimeout(ctx, m)
}

func (r *root) startTimeout(ctx actor.Context, m *messages.Drain) {
	timeout := m.Timeout
	if timeout == 0 {
		timeout = max(m.Over, m.Over+defaultDrainTimeout) // the sum may overflow
	}
	self := ctx.Self()
	r.timeout = time.AfterFunc(timeout, func() { r.out.Send(self, &force{}) })
}

func (r *root) tell(m any) {
	for _, shard := range r.supervisor.shards {
		r.out.Send(shard, m)
	}
}

// add counts a shard that is empty. When all are, the tree stops.
func (r *root) add(ctx actor.Context, tally messages.Drained) {
	r.drained++
	r.tally.Clean += tally.Clean
	r.tally.Forced += tally.Forced
	r.tally.Undelivered += tally.Undelivered
	if r.drained < r.config.shards {
		return
	}
	for _, asker := range r.askers {
		answer := r.tally
		r.out.Send(asker, &answer)
	}
	r.out.Stop(ctx.Self())
}
