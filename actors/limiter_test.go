package actors

import (
	"sync"
	"sync/atomic"
	"testing"
)

// However many ask at once, no more have a place than there are, nobody is refused one
// that is there, and none is lost.
func TestPlacesUnderContention(t *testing.T) {
	const places, tries = 4, 20_000
	for name, askers := range map[string]int{"enough": places, "too few": 2 * places} {
		t.Run(name, func(t *testing.T) {
			l := newLimiter(&limitsConfig{connections: places})
			var taken, refused atomic.Int64
			var all sync.WaitGroup
			for range askers {
				all.Go(func() {
					for range tries {
						if !l.takePlace() {
							refused.Add(1)
							continue
						}
						if n := taken.Add(1); n > places {
							t.Errorf("%d have a place", n)
						}
						taken.Add(-1)
						l.leave()
					}
				})
			}
			all.Wait()
			if n := refused.Load(); askers <= places && n > 0 {
				t.Errorf("%d were refused", n)
			}
			for range places {
				if !l.takePlace() {
					t.Error("a place is lost")
				}
			}
			if l.takePlace() {
				t.Error("there is a place too many")
			}
		})
	}
}
