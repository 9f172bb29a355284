package actors

import (
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// Keepalive is the built-in [Heartbeat]: a ping when nothing was received for
// Interval, a failure when nothing is received for Timeout after it. Any bytes from
// the peer are a sign of life, so that a long message on a slow line is not taken for
// a dead peer. So is that it takes bytes of such a message to it (Signs.Wrote): there is
// no ping meanwhile, and the timeout of one that waits behind it begins when it has left.
//
// While the reader is stopped by a slow handler it cannot see a pong: the timeout
// begins when it reads again. What arrived while this process was stopped is read
// before it gives up.
//
// It has no state: one value serves any number of sockets.
type Keepalive struct{ Interval, Timeout time.Duration }

// earlyBy is the part of the interval by which a ping may come early, if that lets
// many be sent together.
const earlyBy = 64

// Beat implements Heartbeat.
func (k Keepalive) Beat(s Signs) Beat {
	if s.Pings > 0 && s.Read < s.Pinged {
		return k.await(s)
	}
	if s.Wanted {
		return Beat{Ping: true, Next: k.Timeout}
	}
	early := k.Interval / earlyBy
	if quiet := s.Now - max(s.Read, s.Wrote); quiet < k.Interval-early {
		return Beat{Next: k.Interval - quiet, Early: early}
	}
	return Beat{Ping: true, Next: k.Timeout}
}

// await is for when there was no sign of life since the ping.
func (k Keepalive) await(s Signs) Beat {
	if s.Paused {
		return Beat{Next: k.Timeout}
	}
	began := max(s.Pinged, s.Resumed, s.Wrote)
	if left := sum(began, k.Timeout) - s.Now; left > 0 {
		return Beat{Next: left}
	}
	return Beat{Fail: &messages.HeartbeatError{After: k.Timeout}}
}
