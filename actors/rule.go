package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// Heartbeat is a rule of what is a sign of life, when to ask the peer for one, and
// when to give it up. [Keepalive] is the built-in one; [WithHeartbeatRule] sets
// another, which may wrap it.
//
// Beat is called when a socket opens, whenever the time that it asked for is over, and
// when a sign of life is wanted at once, one call at a time, on whatever goroutine that is:
// it must not block, for others wait meanwhile, often all connections of the tree. A panic
// fails the socket with a [messages.HandlerError].
type Heartbeat interface {
	Beat(signs Signs) Beat
}

// HeartbeatFunc is a function that is a [Heartbeat].
type HeartbeatFunc func(signs Signs) Beat

// Beat implements Heartbeat.
func (f HeartbeatFunc) Beat(signs Signs) Beat { return f(signs) }

// Signs are what a connection knows of its peer's life. All times are since the
// socket opened, and zero for what has not happened on it.
type Signs struct {
	Now time.Duration
	// Read is when bytes were last received, be they the beginning of a message.
	Read time.Duration
	// Message is when a whole message was last received. Pings, pongs and the
	// payloads of WithPayloadHeartbeat and WithHeartbeatReply are none; what an
	// Incoming drops is one.
	Message time.Duration
	// Wrote is when the peer last took bytes while more waited to be sent, or that had
	// to wait themselves: that of a large message on a slow line, and what is behind it.
	// What is taken at once does not count. On Linux TCP says what the peer's system has
	// taken; else it is what the transport has accepted.
	Wrote time.Duration
	// Pings counts those sent on this socket, and Pinged is when the last was written:
	// it leaves behind what was written before it, see Wrote.
	Pings  uint64
	Pinged time.Duration
	// Awaited says that the answer to that one has not come. It is false for a
	// Beat.Payload, whose answer only the rule knows.
	Awaited bool
	// Paused says that the connection has stopped reading, since the handler has
	// WithMaxUnhandled messages before it: no sign of life can be seen. Resumed is
	// when it last went on reading after that.
	Paused  bool
	Resumed time.Duration
	// RTT is that of the last ping answered, zero before the first of the
	// connection, be it on an earlier socket.
	RTT time.Duration
	// Wanted says that somebody wants a sign of life now: see messages.Reconnect.
	Wanted bool
}

// Beat is what a [Heartbeat] wants done. The zero value does nothing and has the
// rule asked again after MinBeat.
type Beat struct {
	// Fail ends the socket, if it is not nil, and nothing else is done. It does so only
	// if the rule, asked again when what had arrived by then was read, still says so: it
	// may be this process that was stopped, and not the peer. What is no
	// [messages.HeartbeatError] becomes the Err of one.
	Fail error
	// Ping sends a ping frame, or the ping of WithPayloadHeartbeat, or Payload. It goes
	// ahead of what is queued, and is not counted in Closed.Written.
	Ping bool
	// Payload is a message to send for a ping, or nil. Its answer is not known for one,
	// and is received as any other message: an Incoming can keep it from the handler.
	Payload *messages.Send
	// Next is when to ask again, from now, at least MinBeat.
	Next time.Duration
	// Early is by how much sooner that may be, if the clock wakes up for another
	// connection then: many at a time cost less. Zero means not at all.
	Early time.Duration
}

// MinBeat is the least time between two calls of a [Heartbeat].
const MinBeat = time.Millisecond
