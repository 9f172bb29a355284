package mailbox

import (
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// escalate tells the parent of an actor that it has panicked, as protoactor does, which
// logs it first and makes what decorates the actor's context. If one of them panics too,
// the parent still has to hear.
func (r *Runner) escalate(reason, message any) {
	reason = r.work.Crashed(reason)
	if r.endAnyway(reason) || reason == nil {
		return
	}
	defer func() {
		if recover() != nil {
			r.escalateBare(reason, message)
		}
	}()
	r.invoker.EscalateFailure(reason, message)
	r.stopOrphan()
}

// sayStopped reports whether an actor that has panicked has stopped, and tells its
// parent: something kept protoactor from it, such as a subscriber to the dead letter for
// a watcher that stopped before.
func (r *Runner) sayStopped(reason any) bool {
	r.retire()
	s, is := r.invoker.(*stopped)
	if !is || s.parent == nil {
		return is
	}
	out := r.work.Guard(s.system)
	logCrash(out, reason, s.parent)
	out.Do(func() { s.tell(s.parent, &actor.Terminated{Who: s.self}) })
	return true
}

// logCrash logs a panic that is nobody's failure any more.
func logCrash(out Guard, reason any, parent *actor.PID) {
	if crash := CrashOf(reason); crash.Reason != nil && parent != nil {
		out.Crashed(&messages.HandlerError{Reason: crash.Reason, Stack: crash.Stack}, slog.String("conn", parent.Id))
	}
}

// escalateBare is what is left of it.
func (r *Runner) escalateBare(reason, message any) {
	ctx, ok := r.invoker.(actor.Context)
	if !ok { // it has stopped
		return
	}
	r.PostSystemMessage(&actor.SuspendMailbox{})
	r.work.Guard(ctx.ActorSystem()).Do(func() {
		parent, _ := ctx.ActorSystem().ProcessRegistry.Get(ctx.Parent())
		parent.SendSystemMessage(ctx.Parent(), &actor.Failure{
			Who: ctx.Self(), Reason: reason, RestartStats: actor.NewRestartStatistics(), Message: message,
		})
	})
}
