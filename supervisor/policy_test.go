package supervisor

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestPolicyDelays(t *testing.T) {
	grows := Policy{First: time.Second, Factor: 2, Cap: 10 * time.Second}
	for _, test := range []struct {
		policy  Policy
		attempt int
		want    time.Duration
	}{
		{Policy{}, 1, 6 * time.Second},
		{Policy{}, 1000, 6 * time.Second},
		{Fixed(time.Minute), 7, time.Minute},
		{grows, 0, time.Second},
		{grows, 1, time.Second},
		{grows, 2, 2 * time.Second},
		{grows, 4, 8 * time.Second},
		{grows, 5, 10 * time.Second},
		{grows, 10_000, 10 * time.Second}, // where the power is infinite
		{Fixed(math.MaxInt64), 100, math.MaxInt64},
		{Policy{Factor: 2, Cap: math.MaxInt64}, 100, math.MaxInt64},
	} {
		got, err := test.policy.Next(Failures{Attempts: test.attempt}, seeded())
		if got != test.want || err != nil {
			t.Errorf("%+v, attempt %d: %v, want %v", test.policy, test.attempt, got, test.want)
		}
	}
}

// Full jitter draws evenly from nothing to the whole delay.
func TestPolicyJitter(t *testing.T) {
	const draws = 10_000
	policy, random := Exponential(time.Second, 2, 8*time.Second), seeded()
	var sum time.Duration
	least, most := time.Hour, time.Duration(0)
	for range draws {
		delay, _ := policy.Next(Failures{Attempts: 9}, random)
		sum += delay
		least, most = min(least, delay), max(most, delay)
	}
	if least < 0 || most >= 8*time.Second || least > 100*time.Millisecond || most < 7900*time.Millisecond {
		t.Errorf("from %v to %v", least, most)
	}
	if mean := sum / draws; mean < 3900*time.Millisecond || mean > 4100*time.Millisecond {
		t.Errorf("mean %v", mean)
	}
}

func TestPolicyEnds(t *testing.T) {
	bounded, reason := Policy{MaxAttempts: 3}, errors.New("reason")
	for _, test := range []struct {
		policy   Policy
		failures Failures
		want     messages.GaveUpCause
	}{
		{bounded, Failures{Attempts: 2}, ""},
		{bounded, Failures{Attempts: 3}, messages.GaveUpAttempts},
		{bounded, Failures{Attempts: 4}, messages.GaveUpAttempts},
		{Policy{}, Failures{Attempts: 1, Verdict: Stop}, messages.GaveUpReason},
		{Policy{}, Failures{Attempts: 9, Refused: 1, Verdict: RetryOnce}, ""},
		{Policy{}, Failures{Attempts: 2, Refused: 2, Verdict: RetryOnce}, messages.GaveUpRefused},
	} {
		test.failures.Reason = reason
		_, err := test.policy.Next(test.failures, seeded())
		var gaveUp *messages.GaveUpError
		if errors.As(err, &gaveUp) != (test.want != "") || gaveUp != nil && (gaveUp.Cause != test.want || !errors.Is(err, reason)) {
			t.Errorf("%+v: %v", test.failures, err)
		}
	}
}

func TestClassify(t *testing.T) {
	status := func(code int) error { return fmt.Errorf("wrapped: %w", &messages.HandshakeError{Status: code}) }
	for code, want := range map[int]Verdict{
		0: Retry, 302: Retry, 400: RetryOnce, 401: RetryOnce, 403: RetryOnce, 404: RetryOnce, 405: Retry, 408: Retry,
		410: RetryOnce, 425: Retry, 426: Retry, 429: Retry, 500: Retry, 502: Retry, 503: Retry, 504: Retry,
	} {
		if got := Classify(status(code)); got != want {
			t.Errorf("status %d: %d, want %d", code, got, want)
		}
	}
	for code, want := range map[messages.CloseCode]Verdict{
		1000: Retry, 1001: Retry, 1002: Stop, 1003: Stop, 1005: Retry, 1006: Retry, 1007: Stop, 1008: Stop, 1009: Stop,
		1010: Stop, 1011: Retry, 1012: Retry, 1013: Retry, 3000: Retry, 3499: Retry, 3500: Stop, 3999: Stop, 4000: Retry,
		4001: Retry, 4499: Retry, 4500: Stop, 4999: Stop,
	} {
		if got := Classify(closed(code)); got != want {
			t.Errorf("code %d: %d, want %d", code, got, want)
		}
	}
	coded := OnCloseCodes(4001)
	for reason, want := range map[error]Verdict{
		closed(4001): Stop, closed(1008): Stop, closed(1000): Retry, status(401): RetryOnce, errors.New("other"): Retry,
	} {
		if got := coded(reason); got != want {
			t.Errorf("%v: %d, want %d", reason, got, want)
		}
	}
}

func closed(code messages.CloseCode) error {
	return fmt.Errorf("wrapped: %w", &messages.PeerClosedError{Code: code})
}

// A server is not asked before it wants to be, within bounds.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		value string
		want  time.Duration
	}{
		{"", time.Second}, {"0", time.Second}, {"3", 3 * time.Second}, {"nonsense", time.Second}, {"-5", time.Second},
		{"3600", time.Minute}, {"2147483648", time.Minute}, {"9223372037", time.Minute},
		{"9223372036854775807", time.Minute}, {"99999999999999999999", time.Minute},
		{now.Add(30 * time.Second).Format(http.TimeFormat), 30 * time.Second},
		{now.Add(-time.Hour).Format(http.TimeFormat), time.Second},
		{now.Add(time.Hour).Format(http.TimeFormat), time.Minute},
	} {
		reason := &messages.HandshakeError{Status: 503, Header: http.Header{"Retry-After": {test.value}}}
		policy := Policy{First: time.Second, MaxRetryAfter: time.Minute}
		if got, err := policy.Next(Failures{Attempts: 1, Reason: reason, Now: now}, seeded()); got != test.want || err != nil {
			t.Errorf("%q: %v, %v", test.value, got, err)
		}
		policy.Jitter = true
		if got, _ := policy.Next(Failures{Attempts: 1, Reason: reason, Now: now}, seeded()); test.want > time.Second && (got < test.want || got > 2*test.want) {
			t.Errorf("%q with jitter: %v", test.value, got)
		}
	}
}

// One that is asked after the end of all time, with jitter on top, is asked then.
func TestRetryAfterNever(t *testing.T) {
	const never = time.Duration(math.MaxInt64)
	for _, asked := range []string{"Fri, 31 Dec 9999 23:59:59 GMT", "99999999999999999999"} {
		reason := &messages.HandshakeError{Status: 503, Header: http.Header{"Retry-After": {asked}}}
		policy := Policy{Jitter: true, MaxRetryAfter: never}
		got, err := policy.Next(Failures{Attempts: 1, Reason: reason, Now: time.Now()}, seeded())
		if got < never/time.Second*time.Second || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// A proxy may ask for it as well.
func TestRetryAfterOfProxy(t *testing.T) {
	reason := &messages.DialError{Err: &messages.ProxyError{Status: 503, Header: http.Header{"Retry-After": {"30"}}}}
	if got, err := (Policy{}).Next(Failures{Attempts: 1, Reason: reason}, seeded()); got != 30*time.Second || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPolicyValidate(t *testing.T) {
	for _, policy := range []Policy{{}, Fixed(1), Exponential(1, 2, 3), {Factor: 1, Cap: time.Hour}} {
		if err := policy.Validate(); err != nil {
			t.Errorf("%+v: %v", policy, err)
		}
	}
	for field, policies := range map[string][]Policy{
		"First":         {{First: -1}},
		"Factor":        {{Factor: 0.5}, {Factor: math.NaN()}, {Factor: math.Inf(1)}, {Factor: 2}},
		"Cap":           {{Cap: -1}, {First: 2, Cap: 1}},
		"MaxAttempts":   {{MaxAttempts: -1}},
		"StableUptime":  {{StableUptime: -1}},
		"MaxRetryAfter": {{MaxRetryAfter: -1}},
	} {
		for _, policy := range policies {
			var option *messages.OptionError
			if err := policy.Validate(); !errors.As(err, &option) || option.Option != "WithPolicy" ||
				!strings.HasPrefix(option.Problem, field) {
				t.Errorf("%+v: %v", policy, err)
			}
		}
	}
}
