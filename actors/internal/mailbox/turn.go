package mailbox

import (
	"runtime"

	"github.com/asynkron/protoactor-go/actor"
)

// turn handles what is queued until nothing is, or the actor panics over a message, which
// it reports: there may be more then.
func (r *Runner) turn() (more bool) {
	var message any
	defer func() {
		if reason := recover(); reason != nil {
			more = message != nil
			r.escalate(reason, message)
		}
	}()
	throughput := max(1, r.dispatcher.Throughput())
	for n := 1; ; n++ {
		if n%throughput == 0 {
			runtime.Gosched()
		}
		if message = r.system.Pop(); message != nil {
			r.invokeSystem(message)
			continue
		}
		if r.suspended {
			return false
		}
		if message = r.work.Next(); message == nil {
			break
		}
		r.invoker.InvokeUserMessage(message)
		r.work.Handled(message)
	}
	r.work.Drained()
	return false
}

// invokeSystem passes on protoactor's own messages, but for a restart once a stop was
// taken: protoactor would go back from stopped to alive, and what it made alive again
// nobody can stop, and nobody hears the end of.
func (r *Runner) invokeSystem(message any) {
	switch message.(type) {
	case *actor.SuspendMailbox:
		r.suspended = !r.hasStopped()
	case *actor.ResumeMailbox:
		r.suspended = false
	case *StopSuspended:
		if r.suspended && !r.stopping {
			r.invokeSystem(&actor.Stop{})
		}
	case *actor.Restart:
		if r.stopping {
			return
		}
		r.work.Restarting()
		r.invoker.InvokeSystemMessage(message)
	case *actor.Stop:
		r.stopping = true
		r.work.Stopping()
		r.invoker.InvokeSystemMessage(message)
		r.retire()
	default:
		r.noteWatcher(message)
		r.invoker.InvokeSystemMessage(message)
		r.retire()
	}
}

// StopSuspended stops an actor that is still in the middle of a restart: it may wait for
// a child that never stops, and would never reach what poisons it.
type StopSuspended struct{}

// Actor returns the actor of a mailbox, or nil once it has stopped.
func (r *Runner) Actor() actor.Actor {
	if ctx := r.Context(); ctx != nil {
		return ctx.Actor()
	}
	return nil
}

// Context returns that of the actor, or nil once it has stopped.
func (r *Runner) Context() actor.Context {
	ctx, _ := r.invoker.(actor.Context)
	return ctx
}

// PID returns that of the actor, also once it has stopped.
func (r *Runner) PID() *actor.PID {
	if s, is := r.invoker.(*stopped); is {
		return s.self
	}
	return r.Context().Self()
}

// Invoke has the actor receive a message at once. It is for who runs it.
func (r *Runner) Invoke(message any) { r.invoker.InvokeUserMessage(message) }

// Undisturbed reports whether nothing of protoactor's is before the next message, or in
// its way. It is for who runs the actor.
func (r *Runner) Undisturbed() bool { return !r.suspended && r.system.Empty() }
