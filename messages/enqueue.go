package messages

import "time"

// Enqueue is a [Send] with conditions. Each may be left at its zero value; a plain
// Send is an Enqueue without any, and cheaper.
//
// It is refused for the same reasons as a Send, and when a condition makes no sense
// ([OptionError]). It is immutable once sent, and its receipt holds the same pointer.
type Enqueue struct {
	// Send is what is to be written.
	Send *Send
	// TTL is how long it may wait in the queue, from when it is accepted. If its
	// turn comes later it is dropped with an [ExpiredError]. Zero means for ever.
	TTL time.Duration
	// Key makes the latest win: while an Enqueue with the same key is still queued,
	// this one takes its place, and the older is dropped with a [ReplacedError].
	// Empty means no key.
	Key string
	// Urgent goes ahead of all that is queued and not urgent.
	Urgent bool
	// Receipt asks for exactly one of [Written], [Dropped] and [Unknown]: as the
	// response to the sender of a request, or without one as a [ReceiptEvent] on
	// the actor system's EventStream.
	Receipt bool
}

// Validate returns the error for which a connection would refuse the message, or
// nil.
func (e *Enqueue) Validate() error {
	switch {
	case e == nil:
		return nilMessage("Enqueue")
	case e.Send == nil:
		return &OptionError{Option: "Enqueue.Send", Problem: "must not be nil"}
	case e.TTL < 0:
		return &OptionError{Option: "Enqueue.TTL", Problem: "must not be negative"}
	}
	return e.Send.Validate()
}

// Flush asks a connection for a [Flushed] when all that was queued before it is
// written or otherwise settled. It waits while there is no socket, as what is queued
// does, but never behind what is queued after it.
type Flush struct{}

// Flushed answers a [Flush], after the receipts of what it waited for.
type Flushed struct {
	// Err is nil, or a [ClosedError] if the connection ended before.
	Err error
}
