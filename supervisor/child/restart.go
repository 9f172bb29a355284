package child

import "github.com/asynkron/protoactor-go/actor"

// RestartNow is a child's request not to wait for the end of its delay.
type RestartNow struct {
	Conn *actor.PID
	// Epoch is the failure that the delay follows.
	Epoch uint64
}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging.
func (*RestartNow) IgnoreDeadLetterLogging() {}
