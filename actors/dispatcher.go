package actors

import (
	"reflect"
	"runtime/debug"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// guardedDispatcher is a dispatcher of the user's. If it panics, the handler runs on a goroutine
// of its own: it would never run again, for whoever wakes it believes that it does.
type guardedDispatcher struct {
	actor.Dispatcher
	out *supervisor.Contained
}

// protoactors does nothing that has to be guarded against.
var protoactors = reflect.TypeOf(actor.NewDefaultDispatcher(1))

func guardDispatcher(d dispatcher, out *supervisor.Contained) dispatcher {
	users, is := d.(*other)
	if !is || reflect.TypeOf(users.Dispatcher) == protoactors {
		return d
	}
	return &other{&guardedDispatcher{users.Dispatcher, out}, users.scheduled}
}

// Schedule implements actor.Dispatcher.
func (g *guardedDispatcher) Schedule(task func()) {
	var taken atomic.Bool // by the dispatcher, or here: the task runs once
	once := func() {
		if !taken.Swap(true) {
			task()
		}
	}
	defer func() {
		if reason := recover(); reason != nil {
			g.out.Crashed(&messages.HandlerError{Reason: reason, In: "WithDispatcher", Stack: debug.Stack()})
			go once()
		}
	}()
	g.Dispatcher.Schedule(once)
}

// dispatcher has a mailbox run. It takes no closure, which would be 24 bytes of each.
type dispatcher interface {
	run(r *runner)
	Throughput() int
}

// other is a dispatcher that is not of this package: to it an actor is a function to
// call, which is bound once.
type other struct {
	actor.Dispatcher
	scheduled func()
}

func (o *other) run(*runner) { o.Schedule(o.scheduled) }

func dispatcherOf(d actor.Dispatcher, r *runner) dispatcher {
	if own, ok := d.(dispatcher); ok {
		return own
	}
	return &other{d, r.scheduled}
}
