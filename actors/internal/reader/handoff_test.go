package reader

import (
	"sync"
	"testing"
)

// A slot is freed once, by who holds it or by the watch, and keeps nobody then.
func TestSlotIsFreedOnceAndKeepsNobody(t *testing.T) {
	h := newHandoffs(2)
	h.watching.Store(true) // by hand
	r := heldReader()
	for range 10_000 {
		s, state := h.hold(r)
		if s == nil || s.reader.Load() != r {
			t.Fatal("no slot is free")
		}
		freed := make([]bool, 2)
		var both sync.WaitGroup
		for i := range freed {
			both.Go(func() { freed[i] = s.free(state) })
		}
		both.Wait()
		if freed[0] == freed[1] {
			t.Fatalf("freed by who holds it: %v, by the watch: %v", freed[0], freed[1])
		}
		if s.reader.Load() != nil || s.state.Load()&stateBits != free {
			t.Fatal("a slot keeps one that is gone")
		}
		if s.free(state) {
			t.Fatal("it is freed for one that has been gone for a while")
		}
	}
}
