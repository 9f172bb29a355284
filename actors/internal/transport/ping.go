package transport

import (
	"sync/atomic"
	"time"
)

// pingStatus is the one heartbeat of a socket that waits for its answer. The
// connection sends, the reader's goroutine sees the answer.
type pingStatus struct {
	number atomic.Uint64 // zero: none
	sentAt atomic.Int64  // since the socket was made
}

// Pinged notes that heartbeat number leaves now, or zero: one whose answer is not
// known.
func (s *Socket) Pinged(number uint64) {
	s.ping.number.Store(0) // first: an answer to the one before is not measured by the time of this one
	s.ping.sentAt.Store(int64(s.Now()))
	s.ping.number.Store(number)
}

// PingSent is when the last heartbeat left, since the socket was made.
func (s *Socket) PingSent() time.Duration { return time.Duration(s.ping.sentAt.Load()) }

// PingAwaited is the heartbeat that waits for its answer, or zero.
func (s *Socket) PingAwaited() uint64 { return s.ping.number.Load() }

// Answered returns the round trip of heartbeat number, if that is awaited.
func (s *Socket) Answered(number uint64) (time.Duration, bool) {
	sent := s.PingSent() // before it is seen that this is of that number
	if number == 0 || !s.ping.number.CompareAndSwap(number, 0) {
		return 0, false
	}
	return s.Now() - sent, true
}
