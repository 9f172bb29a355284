package supervisor

import "github.com/asynkron/protoactor-go/actor"

// root is the parent of the shards.
type root struct {
	supervisor *Supervisor
	shards     int
	started    chan<- []*actor.PID // takes one, at the first start
	closing    bool
	closed     int
}

// Receive implements actor.Actor.
func (r *root) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.spawnShards(ctx)
	case *closeAll:
		r.closeAll(ctx, m)
	case *allClosed:
		r.closed++
		if r.closed == r.shards {
			ctx.Stop(ctx.Self())
		}
	case *actor.Stopped:
		close(r.supervisor.done)
	}
}

func (r *root) spawnShards(ctx actor.Context) {
	props := actor.PropsFromProducer(func() actor.Actor {
		return &shard{running: &r.supervisor.running}
	})
	pids := make([]*actor.PID, r.shards)
	for i := range pids {
		pids[i] = ctx.Spawn(props)
	}
	r.started <- pids
}

func (r *root) closeAll(ctx actor.Context, m *closeAll) {
	if r.closing {
		return
	}
	r.closing = true
	for _, pid := range ctx.Children() {
		ctx.Send(pid, m)
	}
}
