package actors

import (
	"runtime"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// runner is what the mailboxes of this package have in common: protoactor's system
// messages, and that at most one goroutine at a time runs an actor. Whoever sets
// the status to running runs it, on whatever goroutine that is.
type runner struct {
	work       work
	invoker    actor.MessageInvoker
	dispatcher actor.Dispatcher
	schedule   func() // process, bound once
	system     queue
	status     atomic.Int32
	suspended  bool
	stopping   bool          // a Stop was taken
	awaited    bool          // its connection waits for its end
	watchers   *actor.PIDSet // nil if nobody watches
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
	// rest returns what to look at once more when the mailbox is idle.
	rest() rest
}

const (
	idle int32 = iota
	running
)

func (r *runner) init(w work) {
	r.work = w
	r.schedule = r.process
}

// RegisterHandlers implements actor.Mailbox.
func (r *runner) RegisterHandlers(invoker actor.MessageInvoker, dispatcher actor.Dispatcher) {
	r.invoker, r.dispatcher = invoker, dispatcher
}

// Start implements actor.Mailbox.
func (r *runner) Start() {}

// PostSystemMessage implements actor.Mailbox.
func (r *runner) PostSystemMessage(message any) {
	r.system.push(message)
	r.wake()
}

// wake has the mailbox run, on a goroutine of its own, unless it does already.
func (r *runner) wake() {
	if r.status.CompareAndSwap(idle, running) {
		r.dispatcher.Schedule(r.schedule)
	}
}

// runHere is wake on the caller's goroutine.
func (r *runner) runHere() {
	if r.status.CompareAndSwap(idle, running) {
		r.process()
	}
}

// process runs until nothing is left to do, then is idle. What it needs to see
// whether something came meanwhile it reads before it is idle: afterwards all but
// the queues may belong to another run.
func (r *runner) process() {
	for {
		r.run()
		rest := r.work.rest()
		left, suspended, urgent := rest.queue.out != nil, r.suspended, r.system.out != nil
		r.status.Store(idle)
		if !urgent && !r.system.waiting() && (suspended || !left && !rest.any()) {
			return
		}
		if !r.status.CompareAndSwap(idle, running) {
			return
		}
	}
}

// run handles what is queued until nothing is or the actor panics.
func (r *runner) run() {
	var message any
	defer func() {
		if reason := recover(); reason != nil {
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
			return
		}
		if message = r.work.next(); message == nil {
			break
		}
		r.invoker.InvokeUserMessage(message)
		r.work.handled(message)
	}
	r.work.drained()
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

// rest is what a mailbox that goes idle still has to look at.
type rest struct {
	queue  *queue
	lane   *lane // nil if there is none
	ticket uint64
	left   bool // something that was taken out of its ring
	always bool // the lane, whatever the outlet says
	outlet outlet
}

func (r *rest) any() bool {
	if r.queue.waiting() {
		return true
	}
	if r.lane == nil {
		return false
	}
	draining := r.always || r.outlet != nil && r.outlet.ready() || r.lane.excess()
	return draining && (r.left || r.lane.filled(r.ticket) || r.lane.urgent.waiting())
}
