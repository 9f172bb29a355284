package supervisor

import (
	"math"

	"golang.org/x/time/rate"

	"github.com/sockvisor/sockvisor/messages"
)

// Defaults of the governor. They let a program start thousands of connections without
// a noticeable wait, and keep it from being a burden to a server that comes back.
const (
	DefaultDialRate     = 4000 // a second, and at once
	DefaultHostDialRate = 1000 // likewise, each host
	DefaultMaxDials     = 512
	DefaultMaxHostDials = 128
)

// dialLimits is what a governor keeps to.
type dialLimits struct {
	all, host            bucket
	atATime, atATimeEach int
}

// bucket is a token bucket: so many a second, after so many at once.
type bucket struct {
	perSecond float64
	burst     int
}

func (b bucket) limiter() *rate.Limiter { return rate.NewLimiter(rate.Limit(b.perSecond), b.burst) }

func defaultDialLimits() dialLimits {
	return dialLimits{
		all:     bucket{DefaultDialRate, DefaultDialRate},
		host:    bucket{DefaultHostDialRate, DefaultHostDialRate},
		atATime: DefaultMaxDials, atATimeEach: DefaultMaxHostDials,
	}
}

// WithDialRate bounds the attempts of the tree's clients, per second, after a burst of
// so many (default 4,000 and 4,000). Those over it wait for their turn.
func WithDialRate(perSecond float64, burst int) Option {
	return func(c *config) { c.dials.all = bucket{perSecond, burst} }
}

// WithHostDialRate is WithDialRate for each host, as named in the URL, with its port
// (default 1,000 and 1,000).
func WithHostDialRate(perSecond float64, burst int) Option {
	return func(c *config) { c.dials.host = bucket{perSecond, burst} }
}

// WithMaxDials bounds the attempts that are under way at a time, in all (default 512)
// and to each host (default 128), so that one which does not answer leaves room for
// the others.
func WithMaxDials(all, eachHost int) Option {
	return func(c *config) { c.dials.atATime, c.dials.atATimeEach = all, eachHost }
}

func (l *dialLimits) validate() error {
	switch {
	case !l.all.valid():
		return &messages.OptionError{Option: "WithDialRate", Problem: "must be positive"}
	case !l.host.valid():
		return &messages.OptionError{Option: "WithHostDialRate", Problem: "must be positive"}
	case l.atATime < 1 || l.atATimeEach < 1:
		return &messages.OptionError{Option: "WithMaxDials", Problem: "must be at least 1"}
	}
	return nil
}

func (b bucket) valid() bool { return b.perSecond > 0 && !math.IsInf(b.perSecond, 0) && b.burst > 0 }
