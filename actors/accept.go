package actors

import (
	"context"
	"errors"
	"net/http"
	"path"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// upgradeConfig is what a server looks at before it upgrades.
type upgradeConfig struct {
	origins []string
	any     bool
	hook    Upgrade
}

// Upgrade sees a request before it is upgraded. It may refuse it with an error,
// or attach a value, a user's id say, that the handler gets with Opened. It runs
// on the request's goroutine and may take its time there.
//
// An [UpgradeError] says the status and what the client reads; any other error
// is answered with 403 and no more.
type Upgrade func(r *http.Request) (value any, err error)

// UpgradeError refuses an upgrade.
type UpgradeError struct {
	// Status is the HTTP status, 400 to 599. Any other is answered as 500.
	Status int
	// Reason is the body of the answer. Empty means the status's own text.
	Reason string
	// Header is added to the answer's, for example Retry-After.
	Header http.Header
}

func (e *UpgradeError) Error() string {
	if e.Reason == "" {
		return http.StatusText(e.Status)
	}
	return e.Reason
}

// WithUpgrade has a function see each request before it is upgraded. Only for
// [Accept].
func WithUpgrade(hook Upgrade) Option {
	return func(c *settings) {
		c.only(server, "WithUpgrade")
		c.upgrade.hook = hook
	}
}

// WithOriginPatterns allows pages of other hosts than the request's to connect:
// patterns as in path.Match, such as "*.example.com", of the host or, with a
// scheme, of the whole origin. Without it a browser's page must come from the
// same host (RFC 6455, section 10.2). Only for [Accept].
func WithOriginPatterns(patterns ...string) Option {
	return func(c *settings) {
		c.only(server, "WithOriginPatterns")
		c.upgrade.origins = patterns
	}
}

// WithAnyOrigin allows every page to connect, with the cookies of its user: what
// a request may do must then not depend on them. Only for [Accept].
func WithAnyOrigin() Option {
	return func(c *settings) {
		c.only(server, "WithAnyOrigin")
		c.upgrade.any = true
	}
}

func (u *upgradeConfig) validate() error {
	for _, pattern := range u.origins {
		if _, err := path.Match(pattern, ""); err != nil {
			return invalid("WithOriginPatterns", "bad pattern "+pattern)
		}
	}
	return nil
}

// Acceptor is an http.Handler that upgrades requests to connections: see [Accept].
type Acceptor struct {
	supervisor *supervisor.Supervisor
	config     *config
	limiter    *limiter
	stats      stats
}

// Accept returns a handler that makes every WebSocket it accepts a connection
// under the supervisor, with a handler of its own: the same as a client's, but
// that a failure is its end, since nobody can redial a browser. It works under
// whatever passes on http.Hijacker or has an Unwrap method, and returns as soon
// as the connection runs.
//
// It panics with a [messages.OptionError] if an option makes no sense, as
// http.Handle does for a pattern.
func Accept(sup *supervisor.Supervisor, options ...Option) *Acceptor {
	config, err := newConfig(sup, server, "", options)
	if err != nil {
		panic(err)
	}
	config.policy = &supervisor.Policy{MaxAttempts: 1}
	return &Acceptor{supervisor: sup, config: config, limiter: newLimiter(config.limits)}
}

// ServeHTTP implements http.Handler.
func (a *Acceptor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	value, err := a.admit(w, r)
	if err == nil {
		err = a.limiter.enter()
	}
	if err != nil {
		a.stats.refused.add(refuseUpgrade(w, err))
		return
	}
	if err := a.accept(w, r, value); err != nil {
		a.limiter.leave()
	}
}

// accept upgrades a request and starts its connection. If it returns an error, the
// request has been answered.
func (a *Acceptor) accept(w http.ResponseWriter, r *http.Request, value any) error {
	c, err := newConn(a.supervisor, a.config, r.URL.String())
	if err != nil {
		a.stats.refused.add(refuseUpgrade(w, shuttingDown()))
		return err
	}
	d, status, err := c.handshake(w, r)
	if err != nil {
		a.stats.refused.add(status)
		return err
	}
	a.stats.accepted.Add(1)
	c.onClosed = a.stats.closed.add
	d.value = value
	c.ready, c.onStopped = d, a.limiter.leave
	if err := c.spawn(a.supervisor); err != nil {
		_ = writeClose(d.ws, messages.CloseGoingAway, "")
		_ = d.ws.CloseNow()
		return err
	}
	return nil
}

// admit decides about a request before anything is spent on it.
func (a *Acceptor) admit(w http.ResponseWriter, r *http.Request) (value any, err error) {
	if !canHijack(w) {
		return nil, &UpgradeError{Status: http.StatusNotImplemented} // HTTP/2, or a wrapper that hides it
	}
	if a.supervisor.Stopping() {
		return nil, shuttingDown()
	}
	if a.config.upgrade.hook == nil {
		return nil, nil
	}
	return a.config.upgrade.hook(r)
}

func shuttingDown() error {
	return &UpgradeError{
		Status: http.StatusServiceUnavailable, Reason: "shutting down", Header: http.Header{"Retry-After": {"1"}},
	}
}

// Stats returns what it has counted. Anybody may call it.
func (a *Acceptor) Stats() AcceptStats {
	return AcceptStats{
		Open:     a.limiter.running.Load(),
		Accepted: a.stats.accepted.Load(),
		Refused:  a.stats.refused.read(),
		Closed:   a.stats.closed.read(),
	}
}

// refuseUpgrade answers a request that is not upgraded, and returns the status.
func refuseUpgrade(w http.ResponseWriter, err error) int {
	refusal := &UpgradeError{Status: http.StatusForbidden}
	errors.As(err, &refusal)
	status := refusal.Status
	if status < 400 || status > 599 {
		status = http.StatusInternalServerError // net/http panics at some
	}
	for name, values := range refusal.Header {
		w.Header()[name] = values
	}
	http.Error(w, refusal.Error(), status)
	return status
}

// handshake upgrades a request (RFC 6455, section 4.2). If it returns an error,
// the request has been answered with the status.
func (c *Conn) handshake(w http.ResponseWriter, r *http.Request) (d *dialed, status int, err error) {
	h := &hijacker{ResponseWriter: w, conn: c}
	// Not h, in these two: they stay, and h has the request and all that is its.
	var sock atomic.Pointer[socket]
	ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		Subprotocols:       c.config.subprotocols,
		OriginPatterns:     c.config.upgrade.origins,
		InsecureSkipVerify: c.config.upgrade.any,
		CompressionMode:    c.config.compression,
		OnPingReceived:     func(ctx context.Context, payload []byte) bool { return sock.Load().mayPong(ctx, payload) },
		OnPongReceived: func(_ context.Context, payload []byte) {
			c.pong(sock.Load(), pingNumber(payload))
		},
	})
	if err != nil {
		return nil, h.status, err
	}
	sock.Store(h.sock)
	h.sock.startFraming(c.config.compression)
	ws.SetReadLimit(c.config.readLimit)
	return &dialed{ws: ws, sock: h.sock, subprotocol: ws.Subprotocol()}, h.status, nil
}
