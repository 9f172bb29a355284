package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Option sets one thing about a connection. See [Connect] and [Accept]; one that
// is only for the other is refused.
type Option func(*settings)

// settings are what options change, until they are checked.
type settings struct {
	config
	foreign string // an option that is not for this role
	problem error  // an option's own
	// way is the option that said who handles the events, and wayProblem what is
	// wrong with it.
	way        string
	wayProblem string
	callbacks  *Callbacks // nil if that is not the way
}

// newConfig returns what the options say, or what is wrong with them.
func newConfig(sup *supervisor.Supervisor, r role, url string, options []Option) (*config, error) {
	s := settings{config: defaultConfig(r)}
	for _, option := range options {
		option(&s)
	}
	if sup == nil {
		return nil, invalid("supervisor", "must not be nil")
	}
	if err := s.validate(url); err != nil {
		return nil, err
	}
	c := s.config
	if r == client {
		c.upgrade, c.limits = nil, &unlimited
	}
	c.completeReading()
	return &c, nil
}

func (c *settings) validate(url string) error {
	switch {
	case c.foreign != "":
		return invalid(c.foreign, "is not for this end of a connection")
	case c.problem != nil:
		return c.problem
	}
	if err := c.validatePeer(url); err != nil {
		return err
	}
	if err := c.validateHandler(); err != nil {
		return err
	}
	return c.config.validate()
}

// validateHandler also refuses a callback that would never be called.
func (c *settings) validateHandler() error {
	codec := c.codec() != nil
	switch f := c.callbacks; {
	case c.way == "":
		return invalid("WithHandler", "a handler is required")
	case c.wayProblem != "":
		return invalid(c.way, c.wayProblem)
	case f == nil:
		return nil
	case f.OnMessage != nil && codec:
		return invalid("WithCallbacks", "OnMessage is never called with WithCodec: OnValue is")
	case f.OnValue != nil && !codec:
		return invalid("WithCallbacks", "OnValue is never called without WithCodec")
	}
	return nil
}

// only notes an option that is for one role only.
func (c *settings) only(r role, option string) {
	if c.role != r {
		c.foreign = option
	}
}

// require notes what is wrong with an option that is not as it must be.
func (c *settings) require(ok bool, option, problem string) {
	if !ok {
		c.problem = invalid(option, problem)
	}
}

// handledBy notes the option that says it, and whether it said anything.
func (c *settings) handledBy(option string, given bool) {
	switch {
	case !given:
		c.wayProblem = "must not be nil"
	case c.way != "":
		c.wayProblem = "there is a handler already, by " + c.way
	}
	c.way = option
}

// extend returns what is in the way of messages, to add to it.
func (c *settings) extend() *extensionsConfig {
	if c.extensions == nil {
		c.extensions = &extensionsConfig{}
	}
	return c.extensions
}

// WithHandler has a new actor of producer get the connection's events. It is
// spawned once and lives as long as the connection.
func WithHandler(producer actor.Producer) Option {
	props := actor.PropsFromProducer(producer, actor.WithMailbox(reader.NewHandlerInbox))
	return func(c *settings) {
		c.handledBy("WithHandler", producer != nil)
		c.handler.props, c.handler.pooled = props, true
	}
}

// WithHandlerProps is WithHandler for Props with options of their own, which hold. Only
// their mailbox is replaced, by the one that counts what was handled: a spawn func has
// to keep it, and to spawn an actor of this process, for each connection, under the
// parent that it is given. It runs on the connection's goroutine, as does OnInit.
func WithHandlerProps(props *actor.Props) Option {
	if props != nil {
		props = props.Clone(actor.WithMailbox(reader.NewHandlerInbox))
	}
	return func(c *settings) {
		c.handledBy("WithHandlerProps", props != nil)
		c.handler.props = props
	}
}

// WithHandlerPID has an existing actor, which many connections may share, get
// the connection's events. It must say with [messages.Ack] what it has handled,
// or reading stops after WithMaxUnhandled messages of an epoch. When it stops,
// the connection closes with 1011.
func WithHandlerPID(pid *actor.PID) Option {
	return func(c *settings) {
		c.handledBy("WithHandlerPID", pid != nil)
		c.handler.pid = pid
	}
}

// WithCallbacks has functions called with the connection's events, one at a
// time, as the browser does.
func WithCallbacks(callbacks Callbacks) Option {
	props := actor.PropsFromProducer(func() actor.Actor { return &caller{Callbacks: &callbacks} }, actor.WithMailbox(reader.NewHandlerInbox))
	return func(c *settings) {
		c.handledBy("WithCallbacks", callbacks.any())
		c.callbacks = &callbacks
		c.handler.props, c.handler.pooled = props, true
	}
}

// WithSubprotocols offers subprotocols, or as a server takes them, the preferred
// first (RFC 6455, section 1.9). What was agreed on is in Opened; none is no
// failure.
func WithSubprotocols(names ...string) Option { return func(c *settings) { c.subprotocols = names } }

// WithCompression offers, or as a server takes, permessage-deflate (RFC 7692). The default is not to:
// it costs CPU, and with context takeover about 1.2 MB a connection.
func WithCompression(mode websocket.CompressionMode) Option {
	return func(c *settings) { c.compression = mode }
}

// WithWriteTimeout fails a socket that has bytes to write and takes none of
// them for that long (default 10 s).
func WithWriteTimeout(d time.Duration) Option { return func(c *settings) { c.writeTimeout = d } }

// WithCloseTimeout bounds each of the two steps of closing (default 5 s):
// writing what is queued, and waiting for the peer's close frame. One that has arrived
// by then still counts.
// Where the peer closes it bounds for how long the handler is waited for, which may have
// something to answer.
func WithCloseTimeout(d time.Duration) Option { return func(c *settings) { c.closeTimeout = d } }

// WithReadLimit bounds a received message, in bytes (default 1 MiB). A larger
// one closes the socket with 1009 (message too big).
func WithReadLimit(bytes int64) Option { return func(c *settings) { c.readLimit = bytes } }

// WithQueue bounds the queue of unsent messages, in messages (default 1,024, at
// most 4,194,303) and in bytes (default 8 MiB). See WithOverflow for what happens
// to what does not fit.
func WithQueue(maxMessages int, maxBytes int64) Option {
	return func(c *settings) { c.sends.Messages, c.sends.Bytes = maxMessages, maxBytes }
}

// WithMaxUnhandled sets how many received messages the handler may have before
// it until reading stops (default 256). Fewer bound memory more tightly; more
// ride out longer pauses of the handler.
func WithMaxUnhandled(n int) Option { return func(c *settings) { c.reading.MaxUnhandled = int64(n) } }

// WithOverflow sets what happens when the queue is full (default RejectNewest).
func WithOverflow(o Overflow) Option {
	return func(c *settings) {
		c.overflow, c.sends.Slack, c.sends.ForKeys = o, o.slack(), o == DropKeyed
	}
}

// WithOnOpen has messages sent after every open, ahead of all that is queued: a login,
// the subscriptions. So they restore themselves, and what waited comes after them.
func WithOnOpen(f OnOpen) Option {
	return func(c *settings) {
		c.onOpen = f
		c.require(f != nil, "WithOnOpen", "must not be nil")
	}
}

// WithFirst is WithOnOpen for the same messages every time.
func WithFirst(all ...*messages.Send) Option {
	return WithOnOpen(func(uint64) []*messages.Send { return all })
}

// WithCorrelation has the connection recognise answers to [messages.Ask], of which at
// most so many wait at a time (zero: [DefaultMaxAsks]). An answer goes to whoever
// asked, after WithIncoming and not decoded; one that nobody waits for goes to the
// handler, in its turn, like any other message.
func WithCorrelation(correlate Correlate, maxAsks int) Option {
	if maxAsks == 0 {
		maxAsks = DefaultMaxAsks
	}
	return func(c *settings) {
		c.extend()
		c.correlation = &correlationConfig{correlate: correlate, maximum: maxAsks}
	}
}

// WithIncoming adds interceptors of what is received. Each sees what the one before
// it has returned; what the last returns the codec decodes, if there is one, and the
// handler gets.
func WithIncoming(interceptors ...Incoming) Option {
	return func(c *settings) {
		x := c.extend()
		x.incoming = append(x.incoming, interceptors...)
		c.require(len(interceptors) > 0 && !slices.Contains(interceptors, nil), "WithIncoming", "must not be nil")
	}
}

// WithOutgoing adds interceptors of what is sent. Each sees what the one before it
// has returned; what the last returns is written.
func WithOutgoing(interceptors ...Outgoing) Option {
	return func(c *settings) {
		x := c.extend()
		x.outgoing = append(x.outgoing, interceptors...)
		c.require(len(interceptors) > 0 && !slices.Contains(interceptors, nil), "WithOutgoing", "must not be nil")
	}
}

// WithCodec has the handler get a [messages.Decoded] for what is received, in place
// of the Received, and the connection take a [messages.SendValue].
func WithCodec(codec Codec) Option {
	return func(c *settings) {
		c.extend().codec = codec
		c.require(codec != nil, "WithCodec", "must not be nil")
	}
}
