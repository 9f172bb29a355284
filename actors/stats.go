package actors

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/sockvisor/sockvisor/messages"
)

// AcceptStats counts what an [Acceptor] has seen since it was made.
type AcceptStats struct {
	// Open is how many of the Accepted it has now.
	Open int64
	// Accepted counts the upgrades.
	Accepted int64
	// Refused counts the requests that were not upgraded, by HTTP status.
	Refused map[int]int64
	// Closed counts the connections that have ended, by the code of their Closed.
	Closed map[messages.CloseCode]int64
}

// stats are an acceptor's, counted by requests and connections, read by anybody.
type stats struct {
	open     atomic.Int64
	accepted atomic.Int64
	refused  counters[int]
	closed   counters[messages.CloseCode]
}

func (s *stats) begin() {
	s.accepted.Add(1)
	s.open.Add(1) // second, and read first: never more than were accepted
}

func (s *stats) end() { s.open.Add(-1) }

func (s *stats) read() AcceptStats {
	open := s.open.Load()
	return AcceptStats{Open: open, Accepted: s.accepted.Load(), Refused: s.refused.read(), Closed: s.closed.read()}
}

// counters counts by key. The keys are few: there are not many statuses and codes
// that this side gives, and a peer may use those of the registry and 3000 to 4999.
type counters[K comparable] struct{ byKey sync.Map }

func (c *counters[K]) add(key K) {
	n, ok := c.byKey.Load(key)
	if !ok {
		n, _ = c.byKey.LoadOrStore(key, new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

func (c *counters[K]) read() map[K]int64 {
	return maps.Collect(func(yield func(K, int64) bool) {
		c.byKey.Range(func(key, n any) bool { return yield(key.(K), n.(*atomic.Int64).Load()) })
	})
}
