package actors

import (
	"reflect"
	"runtime/debug"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// guardedDispatcher is a dispatcher of the user's. If it panics, the handler runs on a goroutine
// of its own: it would never run again, for whoever wakes it believes that it does.
type guardedDispatcher struct {
	actor.Dispatcher
	out *child.Contained
}

// protoactors does nothing that has to be guarded against.
var protoactors = reflect.TypeOf(actor.NewDefaultDispatcher(1))

func guardDispatcher(d actor.Dispatcher, out *child.Contained) actor.Dispatcher {
	if reflect.TypeOf(d) == protoactors {
		return d
	}
	return &guardedDispatcher{d, out}
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
