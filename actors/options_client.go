package actors

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/sockvisor/sockvisor/supervisor"
)

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

// WithCredentials has fresh credentials for every attempt, the first too: a token that
// was good an hour ago may not be. Provide runs on a goroutine of its own, after the
// governor has given the connection its turn, for at most so long (zero:
// [DefaultCredentialsTimeout]). If it fails, the attempt has, with a
// [messages.CredentialsError]. To the governor the attempt is one to the host of
// Connect's URL. Only for [Connect].
func WithCredentials(provide Provide, timeout time.Duration) Option {
	if timeout == 0 {
		timeout = DefaultCredentialsTimeout
	}
	return func(c *settings) {
		c.only(client, "WithCredentials")
		c.credentials = &credentialsConfig{provide: provide, timeout: timeout}
	}
}

// WithMaxAge changes to a fresh socket when one has been open for age, less a random
// part of it of at most jitter (0 to 1), so that connections that began together do not
// change together. [messages.Rotate] does so at once. The default is never.
//
// The fresh socket is opened first, in its turn, with fresh credentials. Only then are
// sends held back, the old socket is closed with a handshake (1001), and what the peer
// still says on it is received; then its Closed comes, and at once the next epoch. So
// no send is lost, and none is sent twice. If no fresh socket can be had the old one
// stays, and it is tried again after the default delay. None of this counts as a
// failure. Only for [Connect].
func WithMaxAge(age time.Duration, jitter float64) Option {
	return func(c *settings) {
		c.only(client, "WithMaxAge")
		c.maxAge = maxAgeConfig{age, jitter}
		c.require(age != 0, "WithMaxAge", "must be positive")
	}
}

// WithResend makes delivery "at least once" across reconnects: a message stays in the
// queue, and counts against its bounds, until the peer has read it, and what was not
// read when a socket fails goes first on the next.
//
// What the peer has read is known from its pongs: whenever messages were written, a
// ping follows them, one at a time, which costs a few bytes and a round trip (RFC
// 6455, section 5.5.3: a pong answers a ping that was read). A peer may get a message
// twice; Written.Duplicate says that it may have. An [messages.Ask] is not sent again:
// it fails with its epoch. Only for [Connect].
func WithResend() Option {
	return func(c *settings) {
		c.only(client, "WithResend")
		c.resend = true
	}
}
