package messages

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Opened says that a socket is open: the browser's onopen.
type Opened struct {
	Conn  *actor.PID
	Epoch uint64
	// Subprotocol is what the server chose, or empty.
	Subprotocol string
	// Value is what the server's upgrade hook attached, or nil.
	Value any
}

// Received is one message of the peer, whole: the browser's onmessage.
// Heartbeat payloads are kept out of it.
type Received struct {
	Conn  *actor.PID
	Epoch uint64
	Type  Type
	// Data belongs to the handler: it is exactly the message and is used
	// for nothing else.
	Data []byte
}

// Failed says why an attempt or a socket failed: the browser's onerror. It is
// always followed by the Closed of the same epoch. A close frame of the peer
// is no failure and comes as Closed alone.
type Failed struct {
	Conn  *actor.PID
	Epoch uint64
	// Err is [CredentialsError], [DialError], [HandshakeError], [ReadError], [ProtocolError],
	// [WriteError], [HeartbeatError], [HandlerError] or [InternalError].
	Err error
}

// Closed ends an epoch: the browser's onclose.
//
// Before this side answers a close frame of the peer, or closes for an error of it, the
// handler handles what came before, and what it sends meanwhile is written: within the
// close timeout (actors.WithCloseTimeout).
type Closed struct {
	Conn  *actor.PID
	Epoch uint64
	// Code and Reason are those of the peer's close frame. Without one, Reason is empty,
	// also that of a Close: it is what the peer gave (RFC 6455, section 7.1.6). Code then is
	// that of whoever ended the epoch: of the Close, Drain or Stop, also where there
	// was no socket to close; of the error for which this side closed (1002, 1007,
	// 1009, 1011); and [CloseAbnormal] where the socket broke or an attempt failed.
	Code   CloseCode
	Reason string
	// Cause is who or what ended the epoch.
	Cause CloseCause
	// Clean says that both sides sent a close frame (the browser's wasClean).
	Clean bool
	// WillRetry says that the supervisor makes another attempt, RetryIn from
	// now. It is false in exactly one Closed of a connection, the last.
	WillRetry bool
	RetryIn   time.Duration
	// Err is, in the last Closed of a client's connection that nobody asked to end,
	// a [GaveUpError]: retrying was given up, and why. Else it is nil.
	Err error
	// Attempt counts the attempts that failed in a row, this one included,
	// since the connection was last open for the policy's stable uptime.
	Attempt int
	// Written counts the messages that were handed to the socket in this
	// epoch. Those that the peer did not answer in some way of its own may
	// or may not have reached it.
	Written uint64
	// Dropped counts, in the last Closed, the queued messages that were never
	// handed to a socket.
	Dropped int
}

// Rejected tells the sender of a request (actor.Context.Request) that the
// connection refused Message. Nothing of it was or will be written.
type Rejected struct {
	Conn    *actor.PID
	Message any
	// Err is one of the refusals of this package, such as [QueueFullError].
	Err error
}

// RejectedEvent is a Rejected that has no sender to go to. It is published on
// the actor system's EventStream, on the goroutine that sent the message, or on the
// connection's: a subscriber that panics is logged and hurts nobody, one that blocks
// holds up whoever publishes. Unless a subscriber calls Heard, the log has it too, at
// Warn, with the connection's name and the type of the message; of many it has the first
// few, and then how many more there were.
//
// What groups and a supervisor refuse has no Conn.
type RejectedEvent struct {
	Rejected
	heard
}

// Inspected is how a connection is, in answer to [Inspect].
type Inspected struct {
	Conn *actor.PID
	// URL is that of actors.Conn, without its secrets: see [Redact].
	URL        string
	ReadyState ReadyState
	// Phase is finer than ReadyState: "connecting", "open", "changing" (to a fresh
	// socket), "answering" (what the peer said before it closed, or was closed for an
	// error), "closing", "failing", "down" (between two sockets) or "closed".
	Phase string
	// WaitsForTurn is for how long it has waited for its turn to dial, zero if it
	// does not: see supervisor.WithDialRate.
	WaitsForTurn time.Duration
	Epoch        uint64
	// Queued and BufferedAmount are the messages, and their bytes, that wait
	// to be written.
	Queued         int
	BufferedAmount int64
	// Unhandled counts the Received that the handler still has before it;
	// ReaderPaused says that reading has stopped because of them.
	Unhandled    int
	ReaderPaused bool
	// RTT is that of the last heartbeat answered, zero before the first.
	RTT time.Duration
	// Err is the last failure, nil before the first.
	Err error
}

// Drained is how a [Drain] went.
type Drained struct {
	// Clean counts the connections that ended with a closing handshake, or had
	// no socket to close; Forced those that were cut off, by this side or by
	// their peer.
	Clean, Forced int
	// Undelivered counts the queued messages that were never handed to a
	// socket.
	Undelivered int
	// Err is why the Drain was refused, in which case nothing happened.
	Err error
}
