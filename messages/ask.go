package messages

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// DefaultAskTimeout is that of an [Ask] that does not say.
const DefaultAskTimeout = 10 * time.Second

// Ask asks a connection to send a message and to await the peer's answer to it,
// which actors.WithCorrelation recognises by its ID. The sender of the request gets
// exactly one [Answer]; an Ask that has no sender is refused.
type Ask struct {
	// Send is the question. It is queued like any other.
	Send *Send
	// ID is what the answer is recognised by. No other Ask that waits on the same
	// connection may have it.
	ID string
	// Timeout is how long all of it may take, the waiting in the queue too. Zero
	// means [DefaultAskTimeout]. What has arrived by then is read first. An answer that
	// cannot be read, because the handler has WithMaxUnhandled messages before it, does
	// not come in time.
	Timeout time.Duration
}

// Validate returns the error for which a connection would refuse the message, or
// nil.
func (a *Ask) Validate() error {
	switch {
	case a == nil:
		return nilMessage("Ask")
	case a.Send == nil:
		return &OptionError{Option: "Ask.Send", Problem: "must not be nil"}
	case a.ID == "":
		return &OptionError{Option: "Ask.ID", Problem: "must not be empty"}
	case a.Timeout < 0:
		return &OptionError{Option: "Ask.Timeout", Problem: "must not be negative"}
	}
	return a.Send.Validate()
}

// Answer is how an [Ask] ended.
type Answer struct {
	Conn *actor.PID
	Ask  *Ask
	// Received is the peer's answer, which the handler does not get; nil if there is
	// none.
	Received *Received
	// Err is nil or says why there is none: [AskTimeoutError], [AnswerLostError],
	// [TooManyAsksError], [DuplicateAskError], or a refusal of the message.
	Err error
}
