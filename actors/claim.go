package actors

import "github.com/asynkron/protoactor-go/actor"

// claim is answered by a mailbox of this package on the goroutine of the sender. It
// is how whoever has spawned an actor finds what protoactor has made for it of
// shared Props. The mailbox is held until then: see runner.release.
type claim struct {
	mailbox *mailbox // of a connection
	inbox   *inbox   // of a child
	section *sectionInbox
}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a member of a
// group may be gone before it is one.
func (*claim) IgnoreDeadLetterLogging() {}

// claimed returns the mailbox of an actor of this package.
func claimed(system *actor.ActorSystem, pid *actor.PID) *claim {
	c := &claim{}
	if process, there := system.ProcessRegistry.Get(pid); there {
		process.SendUserMessage(pid, c) // past what the user has put around sends
	}
	return c
}

// actorOf returns the actor of a mailbox, or nil once it has stopped.
func (r *runner) actorOf() actor.Actor {
	if ctx, ok := r.invoker.(actor.Context); ok {
		return ctx.Actor()
	}
	return nil
}
