package actors

import (
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/sockvisor/sockvisor/messages"
)

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

// WithMaxConnections bounds the connections that an [Accept] has at a time
// (default: no bound), those included that [WithUpgrade] has yet to decide on. Over
// it, an upgrade is refused with 503 and Retry-After.
func WithMaxConnections(n int) Option {
	return func(c *settings) {
		c.only(server, "WithMaxConnections")
		c.limits.connections = n
		c.limits.check("WithMaxConnections", n > 0, &c.problem)
	}
}

// WithAcceptRate bounds the upgrades of an [Accept] per second, after a burst of
// so many (default: no bound). Over it, an upgrade is refused with 503 and the
// Retry-After after which there is room. What [WithUpgrade] then refuses has counted:
// the rate is also that of its calls.
func WithAcceptRate(perSecond float64, burst int) Option {
	return func(c *settings) {
		c.only(server, "WithAcceptRate")
		c.limits.perSecond, c.limits.burst = perSecond, burst
		c.limits.check("WithAcceptRate", perSecond > 0 && !math.IsInf(perSecond, 0) && burst > 0, &c.problem)
	}
}

// WithFirstMessageTimeout closes a connection of an [Accept] whose client has said
// nothing for so long after it was accepted, with 1008 (default: never). A
// heartbeat is no message.
func WithFirstMessageTimeout(d time.Duration) Option {
	return func(c *settings) {
		c.only(server, "WithFirstMessageTimeout")
		c.limits.firstMessage = d
		c.limits.check("WithFirstMessageTimeout", d > 0, &c.problem)
	}
}

// WithIdleTimeout closes a connection of an [Accept] whose client has said nothing
// for so long, with 1001 (default: never). A heartbeat is no message. While a slow
// handler stops the reader (WithMaxUnhandled) nobody can tell: the time begins when it
// reads again.
func WithIdleTimeout(d time.Duration) Option {
	return func(c *settings) {
		c.only(server, "WithIdleTimeout")
		c.limits.idle = d
		c.limits.check("WithIdleTimeout", d > 0, &c.problem)
	}
}

func (*limitsConfig) check(option string, positive bool, problem *error) {
	if !positive {
		*problem = invalid(option, "must be positive")
	}
}

// wait reports whether there is a bound to what a client may keep waiting.
func (l *limitsConfig) wait() bool { return l.firstMessage > 0 || l.idle > 0 }

// limiter is an acceptor's count of its places and the rate of its accepts.
type limiter struct {
	connections int64        // zero: no bound
	places      atomic.Int64 // that are taken, by requests and by connections
	rate        *rate.Limiter
}

func newLimiter(c *limitsConfig) *limiter {
	l := &limiter{connections: int64(c.connections)}
	if c.perSecond > 0 {
		l.rate = rate.NewLimiter(rate.Limit(c.perSecond), c.burst)
	}
	return l
}

// enter takes a place, to leave when the connection is over, or returns why there is
// none.
func (l *limiter) enter() error {
	if !l.takePlace() {
		return overLimit("too many connections: see actors.WithMaxConnections", time.Second)
	}
	if l.rate == nil {
		return nil
	}
	reserved := l.rate.Reserve()
	if delay := reserved.Delay(); delay > 0 {
		reserved.Cancel()
		l.leave()
		return overLimit("too many upgrades a second: see actors.WithAcceptRate", delay)
	}
	return nil
}

// takePlace never takes one that is not there, not even for a moment, in which another
// would be refused for it.
func (l *limiter) takePlace() bool {
	for {
		taken := l.places.Load()
		if l.connections > 0 && taken >= l.connections {
			return false
		}
		if l.places.CompareAndSwap(taken, taken+1) {
			return true
		}
	}
}

func (l *limiter) leave() { l.places.Add(-1) }

func overLimit(reason string, retryAfter time.Duration) error {
	seconds := strconv.FormatInt(int64(math.Ceil(retryAfter.Seconds())), 10)
	return &UpgradeError{
		Status: http.StatusServiceUnavailable, Reason: reason, Header: http.Header{"Retry-After": {seconds}},
	}
}

// idleDue says that it is time to look whether the client has said something.
type idleDue struct {
	epoch    uint64
	at       time.Time // when it was to come
	caughtUp bool      // what had arrived then is read
}

// expectMessages begins to wait for the client.
func (c *connection) expectMessages() {
	limits := c.conn.config.limits
	switch {
	case limits.firstMessage > 0:
		c.idleAfter(limits.firstMessage)
	case limits.idle > 0:
		c.idleAfter(limits.idle)
	}
}

func (c *connection) idleAfter(d time.Duration) {
	m := &idleDue{epoch: c.epoch, at: time.Now().Add(d)}
	c.quiet = time.AfterFunc(d, func() { c.conn.mailbox.post(m) })
}

// idleDue closes a connection whose client has said nothing for too long.
func (c *connection) idleDue(m *idleDue) {
	if m.epoch != c.epoch || c.phase != open {
		return
	}
	why, wait := c.tooQuiet()
	switch {
	case why == nil && wait > 0:
		c.idleAfter(wait)
	case why == nil:
	case m.caughtUp:
		c.close(why)
	default:
		c.catchUp(time.Since(m.at), &idleDue{epoch: c.epoch, caughtUp: true})
	}
}

// tooQuiet is with what to close for it, or else when to look again, or zero. While a
// slow handler keeps the reader from reading, what the client says cannot be heard.
func (c *connection) tooQuiet() (why *messages.Close, wait time.Duration) {
	limits := c.conn.config.limits
	last, ever := c.reader.lastMessage()
	switch quiet := c.sock.Now() - max(last, c.sock.LastResumed()); {
	case !ever && limits.firstMessage > 0:
		return &messages.Close{Code: messages.ClosePolicyViolation, Reason: "no message in time"}, 0
	case limits.idle == 0: // and the first message has come
		return nil, 0
	case c.conn.credit.paused():
		return nil, limits.idle
	case quiet >= limits.idle:
		return &messages.Close{Code: messages.CloseGoingAway, Reason: "idle"}, 0
	default:
		return nil, limits.idle - quiet
	}
}
