package mailbox

import (
	"github.com/asynkron/protoactor-go/actor"
)

// Discarder is a message that owns something and must not just be forgotten.
type Discarder interface{ Discard() }

// stopped is the invoker of an actor that has stopped, in place of its context: that
// would keep the actor, and all that it had, for whoever still has the PID.
type stopped struct {
	system       *actor.ActorSystem
	self, parent *actor.PID
}

// InvokeUserMessage discards the message.
func (*stopped) InvokeUserMessage(message any) {
	if d, ok := message.(Discarder); ok {
		d.Discard()
	}
}

// InvokeSystemMessage answers as protoactor does for one that has stopped, and stops a
// child that fails when its parent can no longer decide about it.
func (s *stopped) InvokeSystemMessage(message any) {
	switch m := message.(type) {
	case *actor.Watch:
		s.tell(m.Watcher, &actor.Terminated{Who: s.self})
	case *actor.Failure:
		s.tell(m.Who, &actor.Stop{})
	}
}

// EscalateFailure implements actor.MessageInvoker: nobody is left to hear it.
func (*stopped) EscalateFailure(any, any) {}

func (s *stopped) tell(who *actor.PID, message any) {
	if process, there := s.system.ProcessRegistry.Get(who); there {
		process.SendSystemMessage(who, message)
	}
}

func (r *Runner) hasStopped() bool {
	_, is := r.invoker.(*stopped)
	return is
}

// retire lets go of an actor once it has stopped, which it has when protoactor no
// longer knows it. What is still in its mailbox is discarded, also if it was suspended.
func (r *Runner) retire() {
	ctx, ok := r.invoker.(actor.Context)
	if !r.stopping || !ok {
		return
	}
	system, self := ctx.ActorSystem(), ctx.Self()
	if _, there := system.ProcessRegistry.Get(self); there {
		return // its children stop first
	}
	r.invoker, r.suspended = &stopped{system, self, ctx.Parent()}, false
}

// End lets go of an actor whose last message this is: what is left is discarded, now and
// whenever it comes.
func (r *Runner) End(system *actor.ActorSystem, self *actor.PID) {
	s := &stopped{system: system, self: self}
	if ctx := r.Context(); ctx != nil {
		s.parent = ctx.Parent()
	}
	r.invoker, r.suspended = s, false
}

// stopOrphan stops an actor that failed when its parent was gone: suspended as it is,
// it would wait for ever for somebody to decide about it.
func (r *Runner) stopOrphan() {
	ctx, ok := r.invoker.(actor.Context)
	if !ok || ctx.Parent() == nil {
		return
	}
	if _, there := ctx.ActorSystem().ProcessRegistry.Get(ctx.Parent()); !there {
		r.work.Guard(ctx.ActorSystem()).Stop(ctx.Self())
	}
}
