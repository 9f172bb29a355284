package supervisor

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// Defaults of a [Policy].
const (
	DefaultDelay        = 6 * time.Second
	DefaultStableUptime = 5 * time.Second
)

// Policy says whether a failed connection is tried again, and after which
// delay. It is plain data and pure: attempt and random source in, delay out.
// The zero Policy is Fixed(DefaultDelay) without end.
type Policy struct {
	// First is the delay before the first retry. Zero means DefaultDelay.
	First time.Duration
	// Factor is what each further delay is multiplied by. Zero means 1: a
	// fixed delay.
	Factor float64
	// Cap bounds the delay. Zero means no bound, allowed with Factor 1 only.
	Cap time.Duration
	// Jitter draws each delay evenly from zero to what it would have been
	// ("full jitter"), so that clients that fail together do not come back
	// together.
	Jitter bool
	// MaxAttempts ends the connection after that many failed attempts in a
	// row. Zero means never.
	MaxAttempts int
	// StableUptime is how long a socket must have been open for its failure
	// to count as the first again. Zero means DefaultStableUptime. Counting
	// from the upgrade instead would let a server that accepts and closes at
	// once undo the backoff.
	StableUptime time.Duration
	// Stop ends the connection for the reasons for which it returns true,
	// such as [OnCloseCodes]. Nil means none. It runs on a supervisor's
	// goroutine: it must be quick and must not call Connect.
	Stop func(reason error) bool
}

// Fixed retries after the same delay every time.
func Fixed(delay time.Duration) Policy { return Policy{First: delay} }

// Exponential retries after first, first*factor, first*factor² ... up to cap,
// with full jitter.
func Exponential(first time.Duration, factor float64, maximum time.Duration) Policy {
	return Policy{First: first, Factor: factor, Cap: maximum, Jitter: true}
}

// Next returns the delay before the next try, after attempt failures in a row
// (1 for the first) of which the last had the given reason, or false if there
// is to be none.
func (p Policy) Next(attempt int, reason error, random *rand.Rand) (time.Duration, bool) {
	p = p.withDefaults()
	if p.MaxAttempts > 0 && attempt >= p.MaxAttempts {
		return 0, false
	}
	if p.Stop != nil && p.Stop(reason) {
		return 0, false
	}
	return p.delay(attempt, random), true
}

func (p Policy) delay(attempt int, random *rand.Rand) time.Duration {
	delay := float64(p.First) * math.Pow(p.Factor, float64(max(attempt, 1)-1))
	if p.Cap > 0 {
		delay = min(delay, float64(p.Cap)) // also where Pow is infinite
	}
	if p.Jitter {
		delay *= random.Float64()
	}
	if delay >= math.MaxInt64 { // which a conversion would make negative
		return math.MaxInt64
	}
	return time.Duration(delay)
}

func (p Policy) withDefaults() Policy {
	if p.First == 0 {
		p.First = DefaultDelay
	}
	if p.Factor == 0 {
		p.Factor = 1
	}
	if p.StableUptime == 0 {
		p.StableUptime = DefaultStableUptime
	}
	return p
}

// Validate returns a [messages.OptionError] that names the field that makes no
// sense, or nil.
func (p Policy) Validate() error {
	switch p = p.withDefaults(); {
	case p.First < 0:
		return invalidPolicy("First must not be negative")
	case p.Factor < 1 || math.IsNaN(p.Factor) || math.IsInf(p.Factor, 0):
		return invalidPolicy("Factor must be a number of at least 1")
	case p.Cap < 0:
		return invalidPolicy("Cap must not be negative")
	case p.Cap > 0 && p.Cap < p.First:
		return invalidPolicy("Cap must not be less than First")
	case p.Factor > 1 && p.Cap == 0:
		return invalidPolicy("Factor over 1 needs a Cap")
	case p.MaxAttempts < 0:
		return invalidPolicy("MaxAttempts must not be negative")
	case p.StableUptime < 0:
		return invalidPolicy("StableUptime must not be negative")
	}
	return nil
}

func invalidPolicy(problem string) error {
	return &messages.OptionError{Option: "WithPolicy", Problem: problem}
}
