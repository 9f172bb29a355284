package actors

import (
	"runtime"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// runner is what the mailboxes of this package have in common: protoactor's system
// messages, and that at most one goroutine at a time runs an actor.
//
// Whoever posts a message, and then wakes the runner, knows that it is looked at: by the
// goroutine that is scheduled now, or by the one that runs, which is told to look once
// more. So no mailbox has to tell what it may have missed.
type runner struct {
	work       work
	invoker    actor.MessageInvoker
	dispatcher dispatcher
	system     queue
	// status says whether a goroutine runs the actor. Whoever wakes it sets it to running,
	// and is then the one that has it run, or to notified; whoever runs it takes that back
	// before it looks, and sets it to idle if it is still running after that.
	status    atomic.Int32
	suspended bool
	stopping  bool          // a Stop was taken
	awaited   bool          // its connection waits for its end
	watchers  *actor.PIDSet // nil if nobody watches
}

// work is what the runner of a mailbox runs. The one goroutine calls it.
type work interface {
	// next returns the next message for the actor, or nil.
	next() any
	// handled is called after a message of next, unless it made the actor panic.
	handled(message any)
	// drained is called when next has returned nil.
	drained()
	// crashed is called when the actor has panicked, before that is unwound. It returns
	// what the actor's parent is told, or nil if that is to know nothing.
	crashed(reason any) any
	// restarting is called before a restart.
	restarting()
	// stopping is called before a stop.
	stopping()
	// rested is called when a goroutine that was scheduled has run the actor until there
	// was nothing left to do: another may run it already.
	rested()
}

const (
	idle     int32 = iota
	running        // a goroutine runs it, or is scheduled to
	notified       // and runs it once more
)

// RegisterHandlers implements actor.Mailbox.
func (r *runner) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	r.invoker, r.dispatcher = invoker, dispatcherOf(d, r)
}

// Start implements actor.Mailbox.
func (r *runner) Start() {}

// PostSystemMessage implements actor.Mailbox.
func (r *runner) PostSystemMessage(message any) {
	r.system.push(message)
	r.wake()
}

// wake has what was posted looked at, by a goroutine of its own unless one runs already.
func (r *runner) wake() {
	if r.begin() {
		r.dispatcher.run(r)
	}
}

// runHere is wake on the caller's goroutine.
func (r *runner) runHere() {
	if r.begin() {
		r.process()
	}
}

// begin reports whether it is for the caller to have the actor run. If not, another does,
// and looks once more.
func (r *runner) begin() bool {
	for {
		switch r.status.Load() {
		case notified:
			return false
		case running:
			if r.status.CompareAndSwap(running, notified) {
				return false
			}
		default:
			if r.take() {
				return true
			}
		}
	}
}

// take reports whether it is now for the caller to run the actor, and tells another who
// does nothing.
func (r *runner) take() bool { return r.status.CompareAndSwap(idle, running) }

// giveBack undoes take, and reports whether somebody has posted something meanwhile, at
// which the caller has to have it looked.
func (r *runner) giveBack() (posted bool) { return r.status.Swap(idle) == notified }

// hold keeps a mailbox from running until release.
func (r *runner) hold() { r.status.Store(running) }

// release has a mailbox run that is held, or taken.
func (r *runner) release() { r.dispatcher.run(r) }

// scheduled is what a dispatcher calls.
func (r *runner) scheduled() {
	r.process()
	r.work.rested()
}

// process runs the actor until there is nothing left to do, and is for who has begun.
func (r *runner) process() {
	for {
		if r.status.Load() == notified {
			r.status.Store(running) // whatever was posted until now is seen in this turn
		}
		if !r.run() && r.status.CompareAndSwap(running, idle) {
			return
		}
	}
}

// run handles what is queued until nothing is, or the actor panics, which it reports:
// there may be more then.
func (r *runner) run() (panicked bool) {
	var message any
	defer func() {
		if reason := recover(); reason != nil {
			panicked = true
			r.escalate(reason, message)
		}
	}()
	throughput := max(1, r.dispatcher.Throughput())
	for n := 1; ; n++ {
		if n%throughput == 0 {
			runtime.Gosched()
		}
		if message = r.system.pop(); message != nil {
			r.invokeSystem(message)
			continue
		}
		if r.suspended {
			return false
		}
		if message = r.work.next(); message == nil {
			break
		}
		r.invoker.InvokeUserMessage(message)
		r.work.handled(message)
	}
	r.work.drained()
	return false
}

// invokeSystem passes on protoactor's own messages, but for a restart once a stop was
// taken: protoactor would go back from stopped to alive, and what it made alive again
// nobody can stop, and nobody hears the end of.
func (r *runner) invokeSystem(message any) {
	switch message.(type) {
	case *actor.SuspendMailbox:
		r.suspended = !r.hasStopped()
	case *actor.ResumeMailbox:
		r.suspended = false
	case *stopSuspended:
		if r.suspended && !r.stopping {
			r.invokeSystem(&actor.Stop{})
		}
	case *actor.Restart:
		if r.stopping {
			return
		}
		r.work.restarting()
		r.invoker.InvokeSystemMessage(message)
	case *actor.Stop:
		r.stopping = true
		r.work.stopping()
		r.invoker.InvokeSystemMessage(message)
		r.retire()
	default:
		r.noteWatcher(message)
		r.invoker.InvokeSystemMessage(message)
		r.retire()
	}
}
