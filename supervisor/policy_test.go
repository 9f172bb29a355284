package supervisor

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
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
		got, retry := test.policy.Next(test.attempt, nil, seeded())
		if got != test.want || !retry {
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
		delay, _ := policy.Next(9, nil, random)
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
	closed := func(code messages.CloseCode) error {
		return fmt.Errorf("wrapped: %w", &messages.PeerClosedError{Code: code})
	}
	bounded, coded := Policy{MaxAttempts: 3}, Policy{Stop: OnCloseCodes(1008, 4001)}
	for _, test := range []struct {
		policy  Policy
		attempt int
		reason  error
		want    bool
	}{
		{bounded, 2, nil, true},
		{bounded, 3, nil, false},
		{bounded, 4, nil, false},
		{coded, 1, closed(4001), false},
		{coded, 1, closed(1008), false},
		{coded, 1, closed(1000), true},
		{coded, 1, errors.New("other"), true},
	} {
		if _, got := test.policy.Next(test.attempt, test.reason, seeded()); got != test.want {
			t.Errorf("attempt %d, %v: retry %t", test.attempt, test.reason, got)
		}
	}
}

func TestPolicyValidate(t *testing.T) {
	for _, policy := range []Policy{{}, Fixed(1), Exponential(1, 2, 3), {Factor: 1, Cap: time.Hour}} {
		if err := policy.Validate(); err != nil {
			t.Errorf("%+v: %v", policy, err)
		}
	}
	for field, policies := range map[string][]Policy{
		"First":        {{First: -1}},
		"Factor":       {{Factor: 0.5}, {Factor: math.NaN()}, {Factor: math.Inf(1)}, {Factor: 2}},
		"Cap":          {{Cap: -1}, {First: 2, Cap: 1}},
		"MaxAttempts":  {{MaxAttempts: -1}},
		"StableUptime": {{StableUptime: -1}},
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
