package actors_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sockvisor/sockvisor/actors"
)

// attentive is a rule that pings every 20 s, and every second while the round trip
// is growing. It wants the answer itself, within 3 s: other bytes are no life to it.
type attentive struct {
	rtt time.Duration // at the last look; needs no lock
}

var errNoPong = errors.New("no pong within 3 s")

func (a *attentive) Beat(s actors.Signs) actors.Beat {
	if s.Awaited {
		if s.Now-s.Pinged >= 3*time.Second {
			return actors.Beat{Fail: errNoPong}
		}
		return actors.Beat{Next: time.Second}
	}
	growing := s.RTT > a.rtt
	a.rtt = s.RTT
	return actors.Beat{Ping: growing || s.Now-s.Pinged >= 20*time.Second, Next: time.Second}
}

// A rule is asked and answers: it can be tried without a connection. This one is for
// actors.WithHeartbeatRule(func() actors.Heartbeat { return &attentive{} }).
func ExampleHeartbeat() {
	rule := &attentive{}
	for _, signs := range []actors.Signs{
		{Now: 19 * time.Second},
		{Now: 20 * time.Second},
		{Now: 21 * time.Second, Pings: 1, Pinged: 20 * time.Second, RTT: 80 * time.Millisecond},
		{Now: 22 * time.Second, Pings: 2, Pinged: 21 * time.Second, RTT: 70 * time.Millisecond},
		{Now: 24 * time.Second, Pings: 2, Pinged: 21 * time.Second, Awaited: true},
	} {
		beat := rule.Beat(signs)
		fmt.Println(signs.Now, beat.Ping, beat.Fail)
	}
	// Output:
	// 19s false <nil>
	// 20s true <nil>
	// 21s true <nil>
	// 22s false <nil>
	// 24s false no pong within 3 s
}
