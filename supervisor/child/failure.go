package child

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Failure is what a child panics with, once per epoch, to be restarted. An epoch is a
// connection's attempt to have a socket, and what follows until that is gone; it is the
// child that counts them.
type Failure struct {
	// Epoch is the one that failed.
	Epoch uint64
	// Uptime is how long its socket was open, zero if it never was.
	Uptime time.Duration
	// Err is the typed reason. The classifiers of package supervisor know those of
	// package messages.
	Err error
	// Ready says that the next socket is there: the child is restarted at once,
	// and this counts as no failure.
	Ready bool
	// Final says that the child wants no further attempt, whatever the policy
	// says.
	Final bool
}

func (f *Failure) Error() string {
	return messages.Redact(fmt.Sprintf("epoch %d: %v", f.Epoch, f.Err)) // protoactor logs it
}

// Unwrap returns the typed reason.
func (f *Failure) Unwrap() error { return f.Err }

// Decision is a shard's answer to a Failure, sent to the child that failed.
type Decision struct {
	Epoch uint64
	// Attempt counts the failures in a row, this one included.
	Attempt int
	// Retry says that the child will be restarted after Delay.
	Retry bool
	Delay time.Duration
	// Err is a [messages.GaveUpError] if it will not.
	Err error
	// Failure is what was decided about.
	Failure *Failure
}

// Event is what the child publishes of a decision, if it does: it, and not the shard, so that
// a subscriber holds up nobody else.
func (d *Decision) Event(child *actor.PID) *actor.SupervisorEvent {
	e := &actor.SupervisorEvent{Child: child, Reason: d.Failure, Directive: actor.StopDirective}
	if d.Retry {
		e.Directive = actor.RestartDirective
	}
	return e
}

// Finished is what a child sends to its parent when it is over for good
// and holds nothing any more: it asks to be stopped.
type Finished struct {
	Conn *actor.PID
	// Clean says that nothing was cut off; Dropped counts the messages that
	// were queued and never handed to a socket.
	Clean   bool
	Dropped int
}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: the tree may
// have been stopped over it.
func (*Finished) IgnoreDeadLetterLogging() {}
