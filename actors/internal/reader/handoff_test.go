package reader

import (
	"sync"
	"testing"
)

// A place is let go of once, by its carrier or by the watch, and keeps nobody then.
func TestPlaceIsFreedOnceAndKeepsNobody(t *testing.T) {
	c := carriers{places: make([]place, 2)}
	c.watching.Store(true) // by hand
	r := heldReader()
	for range 10_000 {
		p, state := c.keep(r)
		if p == nil || p.reader.Load() != r {
			t.Fatal("no place is free")
		}
		freed := make([]bool, 2)
		var both sync.WaitGroup
		for i := range freed {
			both.Go(func() { freed[i] = p.free(state) })
		}
		both.Wait()
		if freed[0] == freed[1] {
			t.Fatalf("freed by the carrier: %v, by the watch: %v", freed[0], freed[1])
		}
		if p.reader.Load() != nil || p.state.Load()&stateBits != free {
			t.Fatal("a place keeps one that is gone")
		}
		if p.free(state) {
			t.Fatal("it is freed for one that has been gone for a while")
		}
	}
}
