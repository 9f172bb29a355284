package mailbox

import "github.com/asynkron/protoactor-go/actor"

// dispatcher has a mailbox run. It takes no closure, which would be 24 bytes of each.
type dispatcher interface {
	run(r *Runner)
	Throughput() int
}

// other is a dispatcher that is not of this package: to it an actor is a function to
// call, which is bound once.
type other struct {
	actor.Dispatcher
	scheduled func()
}

func (o *other) run(*Runner) { o.Schedule(o.scheduled) }

// SetDispatcher says who runs the actor. It is for a mailbox that is held.
func (r *Runner) SetDispatcher(d actor.Dispatcher) {
	if own, ok := d.(dispatcher); ok {
		r.dispatcher = own
		return
	}
	r.dispatcher = &other{d, r.scheduled}
}

// Dispatcher returns who runs the actor.
func (r *Runner) Dispatcher() actor.Dispatcher {
	if o, ok := r.dispatcher.(*other); ok {
		return o.Dispatcher
	}
	return r.dispatcher.(actor.Dispatcher)
}
