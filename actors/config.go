package actors

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
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

// DefaultCredentialsTimeout is that of a WithCredentials that does not say.
const DefaultCredentialsTimeout = 10 * time.Second

// DefaultMaxAsks is how many asks may wait on a connection.
const DefaultMaxAsks = 1024

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
	extensions   *extensionsConfig // nil if there are none

	handshakeTimeout time.Duration
	writeTimeout     time.Duration
	closeTimeout     time.Duration
	heartbeat        heartbeatConfig

	host        string             // of the URL, for the governor
	credentials *credentialsConfig // nil if there are none
	failFast    bool
	maxAge      maxAgeConfig
	onOpen      OnOpen
	correlation *correlationConfig // nil if there is none
	resend      bool

	reading   reader.Config
	readLimit int64
	sends     sendqueue.Limits
	overflow  Overflow
}

// role is which end of the wire a connection is.
type role int

const (
	client role = iota + 1
	server
)

// handlerConfig is which actor gets the events: one of four ways to say so.
type handlerConfig struct {
	props  *actor.Props // made once an option: connections that share it share them
	pooled bool         // runs on the tree's workers
	pid    *actor.PID
}

func (h *handlerConfig) shared() bool { return h.pid != nil }

// heartbeatConfig is how a connection notices a dead peer.
type heartbeatConfig struct {
	off       bool
	keepalive Keepalive
	rule      func() Heartbeat // nil: the keepalive, which all sockets share
}

// completeReading says what of the other options is for the reader to know.
func (c *config) completeReading() {
	c.reading.Notes = c.limits.wait() || c.heartbeat.rule != nil
	c.reading.Filters = c.extensions != nil
	if c.heartbeat.off {
		c.reading.Payload = nil
	}
}

// forSocket returns the rule of a new socket.
func (h *heartbeatConfig) forSocket() Heartbeat {
	if h.rule == nil {
		return &h.keepalive
	}
	return h.rule()
}

// upgradeConfig is what a server looks at before it upgrades.
type upgradeConfig struct {
	origins originConfig
	hook    Upgrade
}

// originConfig is which pages may connect.
type originConfig struct {
	patterns []string
	any      bool
}

// limitsConfig is how much a server takes on, and how long it waits for whom.
type limitsConfig struct {
	connections  int
	perSecond    float64
	burst        int
	firstMessage time.Duration
	idle         time.Duration
}

// unlimited is what clients have.
var unlimited limitsConfig

// wait reports whether there is a bound to what a client may keep waiting.
func (l *limitsConfig) wait() bool { return l.firstMessage > 0 || l.idle > 0 }

// credentialsConfig is where the credentials of each attempt come from.
type credentialsConfig struct {
	provide Provide
	timeout time.Duration
}

// maxAgeConfig is for how long a socket is used.
type maxAgeConfig struct {
	age    time.Duration // zero: for as long as it lasts
	jitter float64
}

// next is after which time a socket is to be changed.
func (m maxAgeConfig) next() time.Duration {
	return m.age - time.Duration(rand.Float64()*m.jitter*float64(m.age))
}

// correlationConfig is how answers are recognised, and how many may be awaited.
type correlationConfig struct {
	correlate Correlate
	maximum   int
}

// extensionsConfig is what the user has put in the way of messages.
type extensionsConfig struct {
	incoming []Incoming
	outgoing []Outgoing
	codec    Codec // nil if there is none
}

// codec returns the connection's, or nil.
func (c *config) codec() Codec {
	if c.extensions == nil {
		return nil
	}
	return c.extensions.codec
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
		reading:          reader.Config{MaxUnhandled: DefaultMaxUnhandled},
		readLimit:        DefaultReadLimit,
		sends:            sendqueue.Limits{Messages: DefaultMaxMessages, Bytes: DefaultMaxBytes, Slack: 1},
		upgrade:          &upgradeConfig{},
		limits:           &limitsConfig{},
	}
}

// dialer is the default, for all.
func dialer(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(transport.Later{Context: ctx}, network, addr)
}
