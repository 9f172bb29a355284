package messages

import (
	"time"
	"unicode/utf8"

	"github.com/asynkron/protoactor-go/actor"
)

// Type tells text from binary data (RFC 6455, section 5.6). Its values are the
// opcodes of the wire.
type Type uint8

const (
	// TypeText is UTF-8 text.
	TypeText Type = 1
	// TypeBinary is any bytes.
	TypeBinary Type = 2
)

// String returns "text" or "binary".
func (t Type) String() string {
	switch t {
	case TypeText:
		return "text"
	case TypeBinary:
		return "binary"
	default:
		return "unknown"
	}
}

// Send asks a connection to send one message. It is queued while there is no
// open socket and written in the order of arrival.
//
// The connection refuses it, unharmed, when it is text that is not UTF-8
// ([InvalidUTF8Error]), larger than the queue ([MessageTooLargeError]), when
// the queue is full ([QueueFullError]) or the connection is closing or closed
// ([ClosedError]). The refusal is a [Rejected] to the sender of a request, and
// a [RejectedEvent] on the actor system's EventStream otherwise.
//
// One Send may go to many connections: its bytes are shared, never copied and
// never changed.
type Send struct {
	Type Type
	// Data belongs to the message from the moment it is sent: the sender
	// must not write to it again.
	Data []byte
}

// Text returns a text message of a copy of s.
func Text(s string) *Send { return &Send{Type: TypeText, Data: []byte(s)} }

// TextBytes returns a text message that takes over data without a copy.
func TextBytes(data []byte) *Send { return &Send{Type: TypeText, Data: data} }

// Binary returns a binary message that takes over data without a copy.
func Binary(data []byte) *Send { return &Send{Type: TypeBinary, Data: data} }

// Validate returns the [InvalidTypeError] or [InvalidUTF8Error] for which a
// connection would refuse the message, or nil.
func (s *Send) Validate() error {
	if s == nil {
		return nilMessage("Send")
	}
	switch s.Type {
	case TypeBinary:
		return nil
	case TypeText:
		if utf8.Valid(s.Data) {
			return nil
		}
		return &InvalidUTF8Error{}
	default:
		return &InvalidTypeError{Type: s.Type}
	}
}

// Close asks a connection to end for good: what was queued before it is
// written, the closing handshake of RFC 6455 (section 7.1.2) is made, and it is
// never retried. From the moment it is posted every later Send is refused.
//
// A connection without a socket, because it is dialling, waiting to reconnect or
// changing to a fresh one, ends and what is queued is dropped. A second Close does
// nothing. A Close that may not be sent is refused like a Send
// ([CloseCodeError], [CloseReasonError]) and closes nothing.
//
// protoactor's Poison of the connection is a Close with 1000.
type Close struct {
	// Code is 1000 to 1003, 1007 to 1014, or 3000 to 4999. Zero means
	// [CloseNormal].
	Code CloseCode
	// Reason is UTF-8 of at most 123 bytes.
	Reason string
}

// Validate returns the [CloseCodeError] or [CloseReasonError] for which a
// connection would refuse the message, or nil.
func (c *Close) Validate() error {
	if c == nil {
		return nilMessage("Close")
	}
	if c.Code != 0 && !c.Code.Sendable() {
		return &CloseCodeError{Code: c.Code}
	}
	if len(c.Reason) > maxCloseReason || !utf8.ValidString(c.Reason) {
		return &CloseReasonError{Reason: c.Reason}
	}
	return nil
}

// Ack tells a connection that Count more of its Received (or Decoded) messages have
// been handled. Only handlers that are shared (actors.WithHandlerPID) need it: an
// actor spawned for the connection is counted without its help. An Ack of an
// earlier epoch, or of more than is outstanding, is harmless.
type Ack struct {
	Epoch uint64
	Count int
}

// Inspect asks a connection for an [Inspected] as response. It never waits
// behind queued sends.
type Inspect struct{}

// Join makes a connection a member of a group (actors.StartGroups), which exists
// from its first member to its last. Membership ends with the connection, or with
// a [Leave]. Joining twice is joining once.
type Join struct {
	Group string
	Conn  *actor.PID
}

// Leave ends a membership. Leaving what one is not in does nothing.
type Leave struct {
	Group string
	Conn  *actor.PID
}

// Broadcast sends one message to all members of a group, in the order of the
// broadcasts: its bytes are shared by them all. A member that does not keep up
// fills its own queue, and what then happens is its own policy: nobody waits for
// it.
type Broadcast struct {
	Group   string
	Message *Send
	// Except is a member that does not get it, for example who said it, or nil.
	Except *actor.PID
}

// Drain asks a supervisor (supervisor.Supervisor.PID) to close all its
// connections and stop. From then on nothing new is accepted or connected. Each
// connection ends as after a [Close]: what it has queued is written first. The
// answer, when all are gone, is a [Drained]. The first counts: a further one waits
// for the same end, and is answered alike.
type Drain struct {
	// Code is what the peers are told. Zero means [CloseGoingAway];
	// [CloseServiceRestart] says that they may come back.
	Code CloseCode
	// Over is the time over which the closes are spread, so that the peers
	// do not all come back at once. Zero means at once.
	Over time.Duration
	// Timeout is after how long the connections that are left are cut off.
	// Zero means Over and a minute.
	Timeout time.Duration
}

// Validate returns the error for which a supervisor would refuse the message, or
// nil.
func (d *Drain) Validate() error {
	switch {
	case d == nil:
		return nilMessage("Drain")
	case d.Code != 0 && !d.Code.Sendable():
		return &CloseCodeError{Code: d.Code}
	case d.Over < 0:
		return &OptionError{Option: "Drain.Over", Problem: "must not be negative"}
	case d.Timeout < 0:
		return &OptionError{Option: "Drain.Timeout", Problem: "must not be negative"}
	case d.Timeout != 0 && d.Timeout < d.Over:
		return &OptionError{Option: "Drain.Timeout", Problem: "must not be less than Over"}
	}
	return nil
}

// nilMessage refuses a pointer to no message.
func nilMessage(name string) error { return &OptionError{Option: name, Problem: "must not be nil"} }
