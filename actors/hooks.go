package actors

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
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
// connection cannot close, and may answer no ping. Connections that share the option
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

// OnOpen returns what is sent first on the socket of an epoch. It runs inside the
// connection: it must be quick. A panic, or a message that cannot be sent, fails the
// epoch with a [messages.HandlerError].
type OnOpen func(epoch uint64) []*messages.Send

// Correlate looks whether a message is the answer to a question, and to which: the id
// of a JSON-RPC response, the receipt of STOMP, the ref of Phoenix. It runs for every
// message, on the reader's goroutine: it must be quick, and must not change the
// message.
type Correlate func(*messages.Received) (id string, isAnswer bool)

// Upgrade sees a request before it is upgraded. It may refuse it with an error,
// or attach a value, a user's id say, that the handler gets with Opened. It runs
// on the request's goroutine and may take its time there, in which the request
// holds a place of WithMaxConnections.
//
// It comes last, and sees nothing but what can be upgraded: a WebSocket handshake
// from an allowed origin, with room for its connection. So a ticket that is good for
// one use is not spent on a request that is then refused. It must not write the
// answer; what the handler around [Accept] has set in the response's header, cookies
// say, goes out with it. If it panics, so does ServeHTTP, as of any http.Handler.
//
// An [UpgradeError] says the status and what the client reads; any other error
// is answered with 403 and no more.
type Upgrade func(r *http.Request) (value any, err error)

// Provide returns the credentials of the attempt that is about to be made, or an error,
// which is the attempt's. ctx ends with the timeout, and when the connection is closed.
type Provide func(ctx context.Context) (Credentials, error)

// Credentials are what an attempt is made with. A field that is empty means that of
// [Connect]. Printed or logged, they show no secret.
type Credentials struct {
	URL          string
	Header       http.Header
	Subprotocols []string
}

// String says where they are for, and which headers they have.
func (c Credentials) String() string {
	return fmt.Sprintf("credentials for %q with headers %q", messages.Redact(c.URL), slices.Sorted(maps.Keys(c.Header)))
}

// GoString is String: %#v would print all.
func (c Credentials) GoString() string { return c.String() }

// LogValue implements slog.LogValuer.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }
