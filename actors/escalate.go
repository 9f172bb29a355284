package actors

import (
	"log/slog"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// escalate tells the parent of an actor that it has panicked, as protoactor does, which
// logs it first and makes what decorates the actor's context. If one of them panics too,
// the parent still has to hear.
func (r *runner) escalate(reason, message any) {
	reason = r.work.crashed(reason)
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
func (r *runner) sayStopped(reason any) bool {
	r.retire()
	s, is := r.invoker.(*stopped)
	if !is || s.parent == nil {
		return is
	}
	out := supervisor.Contain(s.system)
	logCrash(out, reason, s.parent)
	out.Do(func() { s.tell(s.parent, &actor.Terminated{Who: s.self}) })
	return true
}

// logCrash logs a panic that is nobody's failure any more.
func logCrash(out *supervisor.Contained, reason any, parent *actor.PID) {
	if crash := crashOf(reason); crash.reason != nil && parent != nil {
		out.Crashed(&messages.HandlerError{Reason: crash.reason, Stack: crash.stack}, slog.String("conn", parent.Id))
	}
}

// escalateBare is what is left of it.
func (r *runner) escalateBare(reason, message any) {
	ctx, ok := r.invoker.(actor.Context)
	if !ok { // it has stopped
		return
	}
	r.PostSystemMessage(&actor.SuspendMailbox{})
	supervisor.Contain(ctx.ActorSystem()).Do(func() {
		parent, _ := ctx.ActorSystem().ProcessRegistry.Get(ctx.Parent())
		parent.SendSystemMessage(ctx.Parent(), &actor.Failure{
			Who: ctx.Self(), Reason: reason, RestartStats: actor.NewRestartStatistics(), Message: message,
		})
	})
}

// crashed implements work: the stack is lost when this returns.
func (m *inbox) crashed(reason any) any { return &crash{reason: reason, stack: debug.Stack()} }

// crashed implements work.
func (m *mailbox) crashed(reason any) any {
	if c, ok := m.actorOf().(*connection); ok {
		return c.crashed(reason)
	}
	return reason
}

// crashed implements work: a section that was restarted would have forgotten its members.
func (m *sectionInbox) crashed(reason any) any {
	system := m.invoker.(actor.Context).ActorSystem()
	supervisor.Contain(system).Crashed(&messages.HandlerError{Reason: reason, In: "sockvisor", Stack: debug.Stack()})
	return nil
}
