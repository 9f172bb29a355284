// Package mailbox runs actors: who does, on which goroutine, and what is before an actor.
// It knows protoactor and what protoactor promises of a mailbox. It knows nothing of
// connections, sockets and queues with bounds, which are its users' affair.
package mailbox

import (
	"log/slog"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Runner is what mailboxes have in common: protoactor's system messages, and that at
// most one goroutine at a time runs an actor. A mailbox has one as its first field.
//
// Whoever posts a message, and then wakes the runner, knows that it is looked at: by the
// goroutine that is scheduled now, or by the one that runs, which is told to look once
// more. So no mailbox has to tell what it may have missed.
type Runner struct {
	work       Work
	invoker    actor.MessageInvoker
	dispatcher dispatcher
	system     Queue
	// status says whether a goroutine runs the actor. Whoever wakes it sets it to running,
	// and is then the one that has it run, or to notified; whoever runs it takes that back
	// before it looks, and sets it to idle if it is still running after that.
	status    atomic.Int32
	suspended bool
	stopping  bool          // a Stop was taken
	watchers  *actor.PIDSet // nil if nobody watches
}

// Work is what a Runner runs: a mailbox. But for Guard and Crashed, whoever runs the
// actor calls it.
type Work interface {
	// Next returns the next message for the actor, or nil.
	Next() any
	// Handled is called after a message of Next, unless it made the actor panic.
	Handled(message any)
	// Drained is called when Next has returned nil.
	Drained()
	// Rested is called when a goroutine that was scheduled has run the actor until there
	// was nothing left to do: another may run it already.
	Rested()
	// Restarting is called before a restart.
	Restarting()
	// Stopping is called before a stop.
	Stopping()
	// Crashed is called when the actor has panicked, before that is unwound. It returns
	// what the actor's parent is told, or nil if that is to know nothing.
	Crashed(reason any) any
	// Guard returns how to do what may call code of the user's.
	Guard(system *actor.ActorSystem) Guard
}

// Guard does what may call code of the user's, a subscriber to dead letters say: a panic
// in that is logged, and hurts nobody.
type Guard interface {
	Stop(who *actor.PID)
	Do(f func())
	Crashed(e *messages.HandlerError, attrs ...slog.Attr)
}

const (
	idle     int32 = iota
	running        // a goroutine runs it, or is scheduled to
	notified       // and runs it once more
)

// Init says what is run, and keeps it from running until Release.
func (r *Runner) Init(w Work) {
	r.work = w
	r.status.Store(running)
}

// Release has a mailbox run that is held or taken.
func (r *Runner) Release() { r.dispatcher.run(r) }

// RegisterHandlers implements actor.Mailbox.
func (r *Runner) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	r.invoker = invoker
	r.SetDispatcher(d)
}

// Start implements actor.Mailbox.
func (r *Runner) Start() {}

// PostSystemMessage implements actor.Mailbox.
func (r *Runner) PostSystemMessage(message any) {
	r.system.Push(message)
	r.Wake()
}

// Wake has what was posted looked at, by a goroutine of its own unless one runs already.
func (r *Runner) Wake() {
	if r.begin() {
		r.dispatcher.run(r)
	}
}

// RunHere is Wake on the caller's goroutine. It reports whether the actor ran there.
func (r *Runner) RunHere() bool {
	if !r.begin() {
		return false
	}
	r.Run()
	return true
}

// begin reports whether it is for the caller to have the actor run. If not, another does,
// and looks once more.
func (r *Runner) begin() bool {
	for {
		switch r.status.Load() {
		case notified:
			return false
		case running:
			if r.status.CompareAndSwap(running, notified) {
				return false
			}
		default:
			if r.Take() {
				return true
			}
		}
	}
}

// Take reports whether it is now for the caller to run the actor, with Run or Release, or
// to keep it from running until GiveBack. It tells nobody if not.
func (r *Runner) Take() bool { return r.status.CompareAndSwap(idle, running) }

// GiveBack undoes Take, and reports whether somebody has posted something meanwhile, at
// which the caller has to have it looked.
func (r *Runner) GiveBack() (posted bool) { return r.status.Swap(idle) == notified }

// scheduled is what a dispatcher calls.
func (r *Runner) scheduled() {
	r.Run()
	r.work.Rested()
}

// Run runs the actor until there is nothing left to do. It is for who has taken it.
func (r *Runner) Run() {
	for {
		if r.status.Load() == notified {
			r.status.Store(running) // whatever was posted until now is seen in this turn
		}
		if !r.turn() && r.status.CompareAndSwap(running, idle) {
			return
		}
	}
}
