package actors

import (
	"math"
	"time"
)

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
// same host (RFC 6455, section 10.2). A page that may not is answered with 403, and
// the actor system's log says so. Only for [Accept].
func WithOriginPatterns(patterns ...string) Option {
	return func(c *settings) {
		c.only(server, "WithOriginPatterns")
		c.upgrade.origins.patterns = patterns
	}
}

// WithAnyOrigin allows every page to connect, with the cookies of its user: what
// a request may do must then not depend on them. Only for [Accept].
func WithAnyOrigin() Option {
	return func(c *settings) {
		c.only(server, "WithAnyOrigin")
		c.upgrade.origins.any = true
	}
}

// WithMaxConnections bounds the connections that an [Accept] has at a time
// (default: no bound), those included that [WithUpgrade] has yet to decide on. Over
// it, an upgrade is refused with 503 and Retry-After.
func WithMaxConnections(n int) Option {
	return func(c *settings) {
		c.only(server, "WithMaxConnections")
		c.limits.connections = n
		c.require(n > 0, "WithMaxConnections", "must be positive")
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
		c.require(perSecond > 0 && !math.IsInf(perSecond, 0) && burst > 0, "WithAcceptRate", "must be positive")
	}
}

// WithFirstMessageTimeout closes a connection of an [Accept] whose client has said
// nothing for so long after it was accepted, with 1008 (default: never). A
// heartbeat is no message.
func WithFirstMessageTimeout(d time.Duration) Option {
	return func(c *settings) {
		c.only(server, "WithFirstMessageTimeout")
		c.limits.firstMessage = d
		c.require(d > 0, "WithFirstMessageTimeout", "must be positive")
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
		c.require(d > 0, "WithIdleTimeout", "must be positive")
	}
}
