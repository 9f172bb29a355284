package supervisor

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// Defaults of a [Policy].
const (
	DefaultDelay         = 6 * time.Second
	DefaultStableUptime  = 5 * time.Second
	DefaultMaxRetryAfter = 5 * time.Minute
)

// Policy says whether a failed connection is tried again, and after which
// delay. It is plain data and pure: failures and random source in, delay out.
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
	// MaxRetryAfter bounds what a server's Retry-After may ask for, or a proxy's. Zero
	// means DefaultMaxRetryAfter.
	MaxRetryAfter time.Duration
	// Classify says for which reasons there is no use in trying again. Nil means
	// [Classify]; [OnCloseCodes] adds to it. It runs on a supervisor's goroutine:
	// it must be quick and must not call Connect.
	Classify func(reason error) Verdict
}

// Failures is what a [Policy] decides on: those in a row, the last one included.
type Failures struct {
	// Attempts counts them: 1 for the first.
	Attempts int
	// Refused counts those at the end of the row with the verdict RetryOnce.
	Refused int
	// Reason is why the last one failed, and Verdict what Classify says to it.
	Reason  error
	Verdict Verdict
	// Now is when, for a Retry-After that is a date.
	Now time.Time
}

// Fixed retries after the same delay every time.
func Fixed(delay time.Duration) Policy { return Policy{First: delay} }

// Exponential retries after first, first*factor, first*factor² ... up to cap,
// with full jitter.
func Exponential(first time.Duration, factor float64, maximum time.Duration) Policy {
	return Policy{First: first, Factor: factor, Cap: maximum, Jitter: true}
}

// Next returns the delay before the next try, or a [messages.GaveUpError] that says
// why there is none.
//
// A server that asks for it with Retry-After is not asked again before, and with
// Jitter up to twice as late, so that those whom it told the same do not come back
// together.
func (p Policy) Next(f Failures, random *rand.Rand) (time.Duration, error) {
	p = p.withDefaults()
	switch {
	case f.Verdict == Stop:
		return 0, &messages.GaveUpError{Cause: messages.GaveUpReason, Err: f.Reason}
	case f.Verdict == RetryOnce && f.Refused > 1:
		return 0, &messages.GaveUpError{Cause: messages.GaveUpRefused, Err: f.Reason}
	case p.MaxAttempts > 0 && f.Attempts >= p.MaxAttempts:
		return 0, &messages.GaveUpError{Cause: messages.GaveUpAttempts, Err: f.Reason}
	}
	delay := p.delay(f.Attempts, random)
	if asked := min(retryAfter(f.Reason, f.Now), p.MaxRetryAfter); asked > 0 {
		if p.Jitter {
			asked = saturated(float64(asked) * (1 + random.Float64()))
		}
		delay = max(delay, asked)
	}
	return delay, nil
}

func (p Policy) delay(attempt int, random *rand.Rand) time.Duration {
	delay := float64(p.First) * math.Pow(p.Factor, float64(max(attempt, 1)-1))
	if p.Cap > 0 {
		delay = min(delay, float64(p.Cap)) // also where Pow is infinite
	}
	if p.Jitter {
		delay *= random.Float64()
	}
	return saturated(delay)
}

// saturated is a duration, or the longest one: a conversion could make it negative.
func saturated(delay float64) time.Duration {
	if delay >= math.MaxInt64 {
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
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = DefaultMaxRetryAfter
	}
	if p.Classify == nil {
		p.Classify = Classify
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
	case p.MaxRetryAfter < 0:
		return invalidPolicy("MaxRetryAfter must not be negative")
	}
	return nil
}

func invalidPolicy(problem string) error {
	return &messages.OptionError{Option: "WithPolicy", Problem: problem}
}
