package reader

import "sync/atomic"

// attendance says whether a goroutine stays at a socket. There is one at most: who has
// taken it alone gives it back, and what goes with it, such as the deadline of reading,
// is that one's until then. Anybody may call it away: it goes when it sees so, which
// may be late, since it may be in a handler that blocks.
type attendance struct{ state atomic.Uint32 }

const (
	nobody uint32 = iota
	staying
	leaving
	nobodyEver // reading has ended
)

// take reports whether the caller is the one that stays.
func (a *attendance) take() bool { return a.state.CompareAndSwap(nobody, staying) }

// wanted reports whether the one that stays may go on.
func (a *attendance) wanted() bool { return a.state.Load() == staying }

// callAway reports whether one stays that was not called away before.
func (a *attendance) callAway() bool { return a.state.CompareAndSwap(staying, leaving) }

// end calls away for good, and reports whether one stays.
func (a *attendance) end() bool { return a.state.Swap(nobodyEver) == staying }

// giveBack is for the one that has taken it.
func (a *attendance) giveBack() {
	if !a.state.CompareAndSwap(staying, nobody) {
		a.state.CompareAndSwap(leaving, nobody)
	}
}
