package mailbox

import (
	"github.com/asynkron/protoactor-go/actor"
)

// endAnyway ends an actor that panics in its own end, and reports whether it is one:
// protoactor would suspend it half way, and who waits for its end would wait for ever.
// Its children end first, as they would have. The panic is nobody's failure any more.
func (r *Runner) endAnyway(reason any) bool {
	ctx, ok := r.invoker.(actor.Context)
	if !r.stopping || !ok {
		return r.sayStopped(reason)
	}
	out, children := r.work.Guard(ctx.ActorSystem()), ctx.Children()
	for _, child := range children {
		out.Stop(child)
	}
	if len(children) > 0 {
		logCrash(out, reason, ctx.Parent())
		return true // the last of them ends it
	}
	ctx.ActorSystem().ProcessRegistry.Remove(ctx.Self())
	r.tellWatchers(out, ctx)
	return r.sayStopped(reason)
}

func (r *Runner) tellWatchers(out Guard, ctx actor.Context) {
	if r.watchers == nil {
		return
	}
	r.watchers.ForEach(func(_ int, who *actor.PID) {
		if process, there := ctx.ActorSystem().ProcessRegistry.Get(who); there {
			out.Do(func() { process.SendSystemMessage(who, &actor.Terminated{Who: ctx.Self()}) })
		}
	})
	r.watchers = nil
}

// noteWatcher remembers who watches, which the actor's context says to nobody.
func (r *Runner) noteWatcher(message any) {
	switch m := message.(type) {
	case *actor.Watch:
		if r.watchers == nil {
			r.watchers = actor.NewPIDSet()
		}
		r.watchers.Add(m.Watcher)
	case *actor.Unwatch:
		if r.watchers != nil {
			r.watchers.Remove(m.Watcher)
		}
	}
}
