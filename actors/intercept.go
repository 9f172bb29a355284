package actors

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Incoming sees every message that is received before the handler does: to log,
// meter, transform or drop it. It returns the message itself, another one in its
// place, or nil for none. A message is never changed; of one that takes its place,
// Conn and Epoch are filled in.
//
// What is dropped was still received: it is a sign of life, but the handler never has
// it before it, so it counts neither for WithMaxUnhandled nor for [messages.Ack].
// The payloads of heartbeats are not shown.
//
// Receive runs on the goroutine that reads, one call at a time for a connection. It
// may compute and send messages; it must not block, since meanwhile this connection
// reads nothing and answers no ping. Connections that share the option, such as those
// of an [Acceptor], call the one Incoming side by side: what it counts must be atomic.
// A panic fails the connection with a [messages.HandlerError].
type Incoming interface {
	Receive(message *messages.Received) *messages.Received
}

// IncomingFunc is a function that is an [Incoming].
type IncomingFunc func(message *messages.Received) *messages.Received

// Receive implements Incoming.
func (f IncomingFunc) Receive(message *messages.Received) *messages.Received { return f(message) }

// Outgoing sees every message of the user's just before it is written: to log, meter,
// transform or drop it. It returns the Send itself, another one in its place, or nil
// for none. A Send is never changed: it may be on its way to other connections too.
// One that takes its place and is not valid ([messages.Send.Validate]) fails the
// connection with a [messages.HandlerError], as a panic does.
//
// What is dropped is not counted in Closed.Written. The size that counted for
// WithQueue is that of the message that was sent. Heartbeats are not shown.
//
// Send runs on the connection's goroutine, one call at a time for a connection. It may
// compute and send messages to others; it must not block, since meanwhile this
// connection cannot close. Connections that share the option
// call the one Outgoing side by side: what it counts must be atomic.
type Outgoing interface {
	Send(message Outbound) *messages.Send
}

// OutgoingFunc is a function that is an [Outgoing].
type OutgoingFunc func(message Outbound) *messages.Send

// Send implements Outgoing.
func (f OutgoingFunc) Send(message Outbound) *messages.Send { return f(message) }

// Outbound is a message that is about to be written.
type Outbound struct {
	Conn *actor.PID
	// Epoch is that of the socket it is written to.
	Epoch uint64
	Send  *messages.Send
	// Duplicate says that it may have reached the peer before.
	Duplicate bool
}

// WithIncoming adds interceptors of what is received. Each sees what the one before
// it has returned; what the last returns the codec decodes, if there is one, and the
// handler gets.
func WithIncoming(interceptors ...Incoming) Option {
	return func(c *settings) {
		x := c.extend()
		x.incoming = append(x.incoming, interceptors...)
		if len(interceptors) == 0 || slices.Contains(interceptors, nil) {
			c.problem = invalid("WithIncoming", "must not be nil")
		}
	}
}

// WithOutgoing adds interceptors of what is sent. Each sees what the one before it
// has returned; what the last returns is written.
func WithOutgoing(interceptors ...Outgoing) Option {
	return func(c *settings) {
		x := c.extend()
		x.outgoing = append(x.outgoing, interceptors...)
		if len(interceptors) == 0 || slices.Contains(interceptors, nil) {
			c.problem = invalid("WithOutgoing", "must not be nil")
		}
	}
}

// extensions are what the user has put in the way of messages.
type extensions struct {
	incoming []Incoming
	outgoing []Outgoing
	codec    Codec // nil if there is none
}

func (c *settings) extend() *extensions {
	if c.extensions == nil {
		c.extensions = &extensions{}
	}
	return c.extensions
}

// extend returns what the handler gets for a message, nil for nothing. An error is
// the end of the reader.
func (r *reader) extend(received *messages.Received) (any, error) {
	return r.conn.config.extensions.receive(r, received)
}

// receive returns what becomes of a message, nil for nothing.
func (x *extensions) receive(r *reader, received *messages.Received) (event any, err error) {
	option := "WithIncoming"
	defer func() {
		if reason := recover(); reason != nil {
			crash := panicked(option, reason)
			r.conn.logCrashed(crash)
			event, err = nil, crash
		}
	}()
	conn, epoch := received.Conn, received.Epoch
	for _, each := range x.incoming {
		if received = each.Receive(received); received == nil {
			return nil, nil
		}
		received = stamped(received, conn, epoch)
	}
	option = "WithCorrelation"
	if r.answers(received) {
		return nil, nil
	}
	if x.codec == nil {
		return received, nil
	}
	option = "WithCodec"
	return decoded(x.codec, received), nil
}

// stamped returns a message that says whose it is.
func stamped(received *messages.Received, conn *actor.PID, epoch uint64) *messages.Received {
	if received.Conn == conn && received.Epoch == epoch {
		return received
	}
	return &messages.Received{Conn: conn, Epoch: epoch, Type: received.Type, Data: received.Data}
}

// outgoing returns what is written for a message of the user's, nil for nothing. All
// of them go through here. The connection may have failed meanwhile.
func (c *connection) outgoing(send *messages.Send, duplicate bool) *messages.Send {
	if c.conn.config.extensions == nil {
		return send
	}
	return c.intercept(send, duplicate)
}

func (c *connection) intercept(send *messages.Send, duplicate bool) *messages.Send {
	defer c.blame("WithOutgoing") // which returns nil
	out := send
	for _, each := range c.conn.config.extensions.outgoing {
		out = each.Send(Outbound{Conn: c.conn.pid, Epoch: c.epoch, Send: out, Duplicate: duplicate})
		if out == nil {
			return nil
		}
	}
	if out != send {
		if err := out.Validate(); err != nil {
			panic(err)
		}
	}
	return out
}
