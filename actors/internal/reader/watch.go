package reader

import "time"

const (
	watchInterval = 2 * time.Millisecond
	// watchPatience is how often the watch looks in vain before it ends.
	watchPatience = 50
)

func (h *handoffs) startWatch() {
	if !h.watching.Load() && h.watching.CompareAndSwap(false, true) {
		go h.watch()
	}
}

// watch looks until there is nothing to see for a while.
func (h *handoffs) watch() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	seen := make([]uint64, len(h.slots))
	for vain := 0; ; vain++ {
		<-ticker.C
		if h.look(seen) {
			vain = 0
		}
		if vain < watchPatience && !h.closed.Load() {
			continue
		}
		h.watching.Store(false)
		if !h.look(seen) || !h.watching.CompareAndSwap(false, true) {
			return // one who has held something since has seen that nobody watches
		}
	}
}

// look releases what was held before with the same state, and reports whether anything
// has changed since.
func (h *handoffs) look(seen []uint64) (changed bool) {
	for i := range h.slots {
		s := &h.slots[i]
		state := s.state.Load()
		switch {
		case state != seen[i]:
			seen[i], changed = state, true
		case state&stateBits == held:
			s.release(state)
		}
	}
	return changed
}

// release has the connection run elsewhere, and its socket served, unless who held it
// has freed it.
func (s *slot) release(state uint64) {
	r := s.reader.Load()
	if !s.free(state) {
		return
	}
	r.leaveToPoller()
	r.link.owner.Mailbox().Release()
}
