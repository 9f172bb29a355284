package mailbox

import "github.com/asynkron/protoactor-go/actor"

// search is answered by a mailbox on the goroutine of whoever sends it. It is how whoever
// has spawned an actor finds what protoactor has made for it of shared Props. The mailbox
// is held until then: see Runner.Init.
type search struct{ found Work }

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a member of a
// group may be gone before it is one.
func (*search) IgnoreDeadLetterLogging() {}

// Of returns the mailbox of an actor, and whether it is one of that type.
func Of[M Work](system *actor.ActorSystem, pid *actor.PID) (m M, ok bool) {
	s := &search{}
	if process, there := system.ProcessRegistry.Get(pid); there {
		process.SendUserMessage(pid, s) // past what the user has put around sends
	}
	m, ok = s.found.(M)
	return m, ok
}

// Found is for the beginning of PostUserMessage: it reports whether a message was only to
// find the mailbox.
func (r *Runner) Found(message any) bool {
	s, is := message.(*search)
	if is {
		s.found = r.work
	}
	return is
}

// IsLocal reports whether a process is an actor of this process, which has a mailbox here.
func IsLocal(process actor.Process) bool {
	_, local := process.(*actor.ActorProcess)
	return local
}
