package actors_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
)

// The built-in rule, sign by sign: the interval is 64 s, so a ping may be a second
// early, and the timeout 3 s.
func TestKeepalive(t *testing.T) {
	const s = time.Second
	rule := actors.Keepalive{Interval: 64 * s, Timeout: 3 * s}
	dead := &messages.HeartbeatError{After: 3 * s}
	for name, test := range map[string]struct {
		signs actors.Signs
		want  actors.Beat
	}{
		"opened":           {actors.Signs{}, actors.Beat{Next: 64 * s, Early: s}},
		"quiet for half":   {actors.Signs{Now: 32 * s}, actors.Beat{Next: 32 * s, Early: s}},
		"read since":       {actors.Signs{Now: 64 * s, Read: 10 * s}, actors.Beat{Next: 10 * s, Early: s}},
		"not early enough": {actors.Signs{Now: 63*s - 1}, actors.Beat{Next: s + 1, Early: s}},
		"early":            {actors.Signs{Now: 63 * s}, actors.Beat{Ping: true, Next: 3 * s}},
		"quiet":            {actors.Signs{Now: 74 * s, Read: 10 * s}, actors.Beat{Ping: true, Next: 3 * s}},
		"quiet, paused":    {actors.Signs{Now: 64 * s, Paused: true}, actors.Beat{Ping: true, Next: 3 * s}},
		"pinged": {actors.Signs{Now: 66 * s, Pings: 1, Pinged: 64 * s, Awaited: true},
			actors.Beat{Next: s}},
		"no answer": {actors.Signs{Now: 67 * s, Pings: 1, Pinged: 64 * s, Awaited: true},
			actors.Beat{Fail: dead}},
		"bytes, but no pong": {actors.Signs{Now: 67 * s, Read: 65 * s, Pings: 1, Pinged: 64 * s, Awaited: true},
			actors.Beat{Next: 62 * s, Early: s}},
		"life in the moment of the ping": {actors.Signs{Now: 67 * s, Read: 64 * s, Pings: 1, Pinged: 64 * s},
			actors.Beat{Next: 61 * s, Early: s}},
		"alive, and long quiet again": {actors.Signs{Now: 130 * s, Read: 65 * s, Pings: 1, Pinged: 64 * s},
			actors.Beat{Ping: true, Next: 3 * s}},
		"no answer can be seen": {actors.Signs{Now: 900 * s, Pings: 1, Pinged: 64 * s, Paused: true},
			actors.Beat{Next: 3 * s}},
		"can be seen again": {actors.Signs{Now: 902 * s, Pings: 1, Pinged: 64 * s, Resumed: 901 * s},
			actors.Beat{Next: 2 * s}},
		"and is not there": {actors.Signs{Now: 904 * s, Pings: 1, Pinged: 64 * s, Resumed: 901 * s},
			actors.Beat{Fail: dead}},
		"a pause before the ping is none": {actors.Signs{Now: 67 * s, Pings: 1, Pinged: 64 * s, Resumed: 5 * s, Read: 5 * s},
			actors.Beat{Fail: dead}},
		"taking what waits": {actors.Signs{Now: 74 * s, Read: 10 * s, Wrote: 73 * s}, actors.Beat{Next: 63 * s, Early: s}},
		"took what waited long ago": {actors.Signs{Now: 84 * s, Read: 5 * s, Wrote: 10 * s},
			actors.Beat{Ping: true, Next: 3 * s}},
		"no answer, but the ping has just left": {actors.Signs{Now: 67 * s, Wrote: 66 * s, Pings: 1, Pinged: 64 * s, Awaited: true},
			actors.Beat{Next: 2 * s}},
		"no answer since it left": {actors.Signs{Now: 69 * s, Wrote: 66 * s, Pings: 1, Pinged: 64 * s, Awaited: true},
			actors.Beat{Fail: dead}},
	} {
		if got := rule.Beat(test.signs); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
