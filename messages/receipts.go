package messages

import "github.com/asynkron/protoactor-go/actor"

// A receipt says what became of an [Enqueue] that asked for one. It is exactly one
// of the three types below.

// Written says that the kernel has taken the message: it is on its way to the peer, who
// may be gone before it arrives. With actors.WithResend it says more: that the peer has
// read it.
type Written struct {
	Conn    *actor.PID
	Message *Enqueue
	// Epoch is that of the socket.
	Epoch uint64
	// Duplicate says that the message was also handed to an earlier socket, and
	// that the peer may have it twice. Only with actors.WithResend.
	Duplicate bool
}

// Dropped says that the message was never handed to a socket, and never will be.
type Dropped struct {
	Conn    *actor.PID
	Message *Enqueue
	// Err says why: [QueueFullError], [MessageTooLargeError] or [DroppedError] for
	// a queue that overflowed, [ExpiredError], [ReplacedError], [ClosedError], or
	// what Validate returns.
	Err error
}

// Unknown says that the message was handed to a socket which then failed: the peer
// may have got it or not.
type Unknown struct {
	Conn    *actor.PID
	Message *Enqueue
	Epoch   uint64
	// Err is why the socket failed, nil if it was cut off.
	Err error
}

// ReceiptEvent is a receipt that has no sender to go to. Unless a subscriber calls Heard,
// the log has it too if it is a *Dropped or *Unknown: see [RejectedEvent].
type ReceiptEvent struct {
	// Receipt is a *Written, *Dropped or *Unknown.
	Receipt any
	heard
}
