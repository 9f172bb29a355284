package actors

import (
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

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
