package actors

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Defaults of the options.
const (
	DefaultHeartbeatInterval = 20 * time.Second
	DefaultHeartbeatTimeout  = 3 * time.Second
	DefaultHandshakeTimeout  = 10 * time.Second
	DefaultWriteTimeout      = 10 * time.Second
	DefaultCloseTimeout      = 5 * time.Second
	DefaultReadLimit         = 1 << 20
	DefaultMaxMessages       = 1024
	DefaultMaxBytes          = 8 << 20
	DefaultMaxUnhandled      = 256
)

// Option sets one thing about a connection. See [Connect] and [Accept]; one that
// is only for the other is refused.
type Option func(*settings)

// settings are what options change, until they are checked.
type settings struct {
	config
	url     string
	foreign string // an option that is not for this role
	problem error  // an option's own
	// way is the option that said who handles the events, and wayProblem what is
	// wrong with it.
	way        string
	wayProblem string
	callbacks  *Callbacks // nil if that is not the way
}

// config is a connection's, made once and never changed. Those that a server accepts
// share one.
type config struct {
	role    role
	policy  *supervisor.Policy
	handler handlerConfig

	header       http.Header
	subprotocols []string
	tls          *tls.Config
	proxy        func(*http.Request) (*url.URL, error)
	dialContext  func(ctx context.Context, network, addr string) (net.Conn, error)
	compression  websocket.CompressionMode
	upgrade      *upgradeConfig
	limits       *limitsConfig
	extensions   *extensions // nil if there are none

	handshakeTimeout time.Duration
	writeTimeout     time.Duration
	closeTimeout     time.Duration
	heartbeat        heartbeatConfig

	host        string // of the URL, for the governor
	credentials *credentialsConfig
	failFast    bool
	maxAge      maxAge
	onOpen      OnOpen
	correlation *correlation
	resend      bool

	readLimit    int64
	sends        sendqueue.Limits
	overflow     Overflow
	maxUnhandled int
}

// role is which end of the wire a connection is.
type role int

const (
	client role = iota + 1
	server
)

// only notes an option that is for one role only.
func (c *settings) only(r role, option string) {
	if c.role != r {
		c.foreign = option
	}
}

// dialer is the default, for all.
func dialer(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(later{ctx}, network, addr)
}

func defaultConfig(r role) config {
	return config{
		role:             r,
		proxy:            http.ProxyFromEnvironment,
		dialContext:      dialer,
		handshakeTimeout: DefaultHandshakeTimeout,
		writeTimeout:     DefaultWriteTimeout,
		closeTimeout:     DefaultCloseTimeout,
		heartbeat:        heartbeatConfig{keepalive: Keepalive{DefaultHeartbeatInterval, DefaultHeartbeatTimeout}},
		readLimit:        DefaultReadLimit,
		sends:            sendqueue.Limits{Messages: DefaultMaxMessages, Bytes: DefaultMaxBytes, Slack: 1},
		maxUnhandled:     DefaultMaxUnhandled,
		upgrade:          &upgradeConfig{},
		limits:           &limitsConfig{},
	}
}

// WithHandler has a new actor of producer get the connection's events. It is
// spawned once and lives as long as the connection.
func WithHandler(producer actor.Producer) Option {
	props := actor.PropsFromProducer(producer, actor.WithMailbox(newHandlerInbox))
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
		props = props.Clone(actor.WithMailbox(newHandlerInbox))
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
	props := actor.PropsFromProducer(func() actor.Actor { return &caller{Callbacks: &callbacks} }, actor.WithMailbox(newHandlerInbox))
	return func(c *settings) {
		c.handledBy("WithCallbacks", callbacks.any())
		c.callbacks = &callbacks
		c.handler.props, c.handler.pooled = props, true
	}
}

// WithPolicy sets when this connection is tried again. The default is its
// supervisor's.
func WithPolicy(p supervisor.Policy) Option {
	return func(c *settings) {
		c.only(client, "WithPolicy")
		c.policy = &p
	}
}

// WithFailFast ends the connection when its first attempt fails, instead of trying
// again: for programs that would rather not start than start without a server. The
// Closed has a [messages.GaveUpError]. Only for [Connect].
func WithFailFast() Option {
	return func(c *settings) {
		c.only(client, "WithFailFast")
		c.failFast = true
	}
}

// WithHeader adds HTTP headers to the handshake. The header belongs to the
// connection from now on. Host is what the server is called in the request, in place
// of the URL's; the name that TLS asks for is the URL's, or that of WithTLSConfig.
func WithHeader(header http.Header) Option {
	return func(c *settings) {
		c.only(client, "WithHeader")
		c.header = header
	}
}

// WithSubprotocols offers subprotocols, or as a server takes them, the preferred
// first (RFC 6455, section 1.9). What was agreed on is in Opened; none is no
// failure.
func WithSubprotocols(names ...string) Option { return func(c *settings) { c.subprotocols = names } }

// WithTLSConfig sets how wss connections are secured, and those to a proxy of https.
// The default is Go's. A panic in a function of it fails the attempt.
func WithTLSConfig(t *tls.Config) Option {
	return func(c *settings) {
		c.only(client, "WithTLSConfig")
		c.tls = t
	}
}

// WithProxy sets which proxy a connection goes through: http or https, which is asked
// to CONNECT, for ws too (RFC 6455, section 4.1), or socks5. A user and a password are
// those of its URL. The default is http.ProxyFromEnvironment; nil means none. A proxy
// that does not connect fails the attempt with a [messages.ProxyError], in a
// [messages.DialError].
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return func(c *settings) {
		c.only(client, "WithProxy")
		c.proxy = proxy
	}
}

// WithDialContext sets how the transport below TLS and HTTP is made, to the server or
// its proxy. The default is that of net.Dialer. A dial that does not heed its context
// counts among those of supervisor.WithMaxDials until it returns.
func WithDialContext(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Option {
	return func(c *settings) {
		c.only(client, "WithDialContext")
		c.dialContext = dial
	}
}

// WithCompression offers, or as a server takes, permessage-deflate (RFC 7692). The default is not to:
// it costs CPU, and with context takeover about 1.2 MB a connection.
func WithCompression(mode websocket.CompressionMode) Option {
	return func(c *settings) { c.compression = mode }
}

// WithHandshakeTimeout bounds an attempt from name resolution to the upgrade (default
// 10 s), whatever the peer does, a proxy, or a function of WithProxy, WithDialContext
// or WithTLSConfig. What has arrived by then is read first, for a second at most: it may
// be this process that was stopped.
func WithHandshakeTimeout(d time.Duration) Option {
	return func(c *settings) {
		c.only(client, "WithHandshakeTimeout")
		c.handshakeTimeout = d
	}
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
func WithMaxUnhandled(n int) Option { return func(c *settings) { c.maxUnhandled = n } }
