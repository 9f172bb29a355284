package transport

import (
	"sync"
	"testing"
	"time"
)

// An answer is measured from its own ping, though the next leaves at that moment.
func TestRoundTripIsOfItsOwnPing(t *testing.T) {
	const trip = time.Hour // of every answered one, by the sender's word
	s := &Socket{born: time.Now()}
	for number := uint64(1); number < 20_000; number++ {
		s.born = s.born.Add(-trip)
		s.Pinged(number)
		s.born = s.born.Add(-trip) // an hour later
		var both sync.WaitGroup
		both.Go(func() { s.Pinged(number + 1) })
		rtt, ok := s.Answered(number)
		both.Wait()
		if ok && rtt < trip {
			t.Fatalf("the round trip of ping %d took %v", number, rtt)
		}
	}
}
