package actors

import (
	"fmt"
	"net/http"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Acceptor is an http.Handler that upgrades requests to connections: see [Accept].
type Acceptor struct {
	supervisor *supervisor.Supervisor
	children   child.Tree
	config     *config
	limiter    *limiter
	origins    *originLog
	stats      stats
}

// Accept returns a handler that makes every WebSocket it accepts a connection
// under the supervisor, with a handler of its own: the same as a client's, but
// that a failure is its end, since nobody can redial a browser. It works under
// whatever passes on http.Hijacker or has an Unwrap method, and returns as soon
// as the connection runs.
//
// A request is looked at in this order: is it a WebSocket handshake (426, 400, 405,
// 505 under HTTP/2), is its origin allowed (403), can the response be taken over (501),
// is there room (503), and what does [WithUpgrade] say. What is refused early costs
// nothing of what comes later. The body says why.
//
// The answer is written to the connection itself, with what the response's header
// held before, but for what is the handshake's to say (subprotocols, see
// [WithSubprotocols]) or of a body. A middleware that looks at the status sees none: it
// is not asked to write one.
//
// It panics with a [messages.OptionError] if an option makes no sense, as
// http.Handle does for a pattern.
func Accept(sup *supervisor.Supervisor, options ...Option) *Acceptor {
	config, err := newConfig(sup, server, "", options)
	if err != nil {
		panic(err)
	}
	config.policy = &supervisor.Policy{MaxAttempts: 1}
	return &Acceptor{supervisor: sup, children: sup.Tree(config.policy), config: config, limiter: newLimiter(config.limits), origins: newOriginLog()}
}

// ServeHTTP implements http.Handler.
func (a *Acceptor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := a.admit(w, r)
	if err == nil {
		err = a.limiter.enter()
	}
	if err != nil {
		a.refuse(w, err)
		return
	}
	entered := false
	defer func() {
		if !entered { // or the hook panicked
			a.limiter.leave()
		}
	}()
	entered = a.accept(w, r)
}

// admit decides about a request before anything is spent on it.
func (a *Acceptor) admit(w http.ResponseWriter, r *http.Request) error {
	if err := checkRequest(r); err != nil {
		return err
	}
	if err := a.config.upgrade.origins.check(r); err != nil {
		a.origins.refused(a.children.Contained(), r)
		return err
	}
	if !ws.CanHijack(w) {
		return notHijackable("")
	}
	if a.supervisor.Stopping() {
		return shuttingDown()
	}
	return nil
}

// accept upgrades a request that has its place, and reports whether a connection has
// taken that over. If not, the request has been answered.
func (a *Acceptor) accept(w http.ResponseWriter, r *http.Request) bool {
	value, err := a.attached(r)
	if err != nil {
		a.refuse(w, err)
		return false
	}
	c, err := newConn(a.children, a.config, r.URL.String())
	if err != nil {
		a.refuse(w, shuttingDown())
		return false
	}
	begun := false
	made, err := c.acceptor().Accept(w, r, func() {
		begun = true
		a.stats.begin()
	})
	switch {
	case begun && err != nil:
		a.stats.closed.add(messages.CloseAbnormal)
		a.stats.end()
		return false
	case err != nil:
		a.refuseHandshake(w, err)
		return false
	}
	return a.start(c, &dialed{ws: made, value: value})
}

// refuseHandshake answers a request that could not be upgraded, if that is possible.
func (a *Acceptor) refuseHandshake(w http.ResponseWriter, err error) {
	hijack, isHijack := errs.As[*ws.HijackError](err)
	refused, isRefused := errs.As[*ws.RefusedError](err)
	switch {
	case isHijack && !hijack.Taken:
		a.refuse(ws.Innermost(w), notHijackable(fmt.Sprintf(" (%v)", hijack.Err)))
	case isRefused:
		a.refuse(ws.Innermost(w), &UpgradeError{Status: refused.Status, Reason: refused.Reason})
	default: // there is nothing left to write it to
		a.stats.refused.add(http.StatusInternalServerError)
	}
}

// attached asks the hook.
func (a *Acceptor) attached(r *http.Request) (value any, err error) {
	if a.config.upgrade.hook == nil {
		return nil, nil
	}
	returned := false
	defer func() {
		if !returned {
			a.stats.refused.add(http.StatusInternalServerError)
		}
	}()
	value, err = a.config.upgrade.hook(r)
	returned = true
	return value, err
}

// start starts the connection of a request that was upgraded.
func (a *Acceptor) start(c *Conn, d *dialed) bool {
	c.kept.onClosed = a.stats.closed.add
	c.kept.ready, c.kept.onStopped = d, func() {
		a.stats.end()
		a.limiter.leave()
	}
	if c.spawn(a.children) == nil {
		return true
	}
	_ = d.ws.Close(messages.CloseGoingAway, "")
	d.ws.CloseNow()
	a.stats.closed.add(messages.CloseGoingAway)
	a.stats.end()
	return false
}

func shuttingDown() error {
	return &UpgradeError{
		Status: http.StatusServiceUnavailable, Reason: "shutting down", Header: http.Header{"Retry-After": {"1"}},
	}
}

func (a *Acceptor) refuse(w http.ResponseWriter, err error) {
	a.stats.refused.add(refuseUpgrade(w, err))
}

// Stats returns what it has counted. Anybody may call it.
func (a *Acceptor) Stats() AcceptStats { return a.stats.read() }
