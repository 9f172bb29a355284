package reader

import "sync/atomic"

// lease says whether a goroutine stays at a busy socket. One at most does: who has
// taken the lease alone gives it back, and what goes with it, such as the deadline of
// reading, is that one's until then. Anybody may revoke it: who has it goes when it sees
// so, which may be late, since it may be in a handler that blocks.
type lease struct{ state atomic.Uint32 }

const (
	leaseFree uint32 = iota
	leaseTaken
	leaseRevoked
	leaseEnded // nobody takes it any more: reading has ended
)

// take reports whether the caller has it now.
func (l *lease) take() bool { return l.state.CompareAndSwap(leaseFree, leaseTaken) }

// valid reports whether who has it may stay.
func (l *lease) valid() bool { return l.state.Load() == leaseTaken }

// revoke reports whether somebody has it of whom it was not revoked before.
func (l *lease) revoke() bool { return l.state.CompareAndSwap(leaseTaken, leaseRevoked) }

// end revokes it for good, and reports what revoke does.
func (l *lease) end() bool { return l.state.Swap(leaseEnded) == leaseTaken }

// giveBack is for who has it.
func (l *lease) giveBack() {
	if !l.state.CompareAndSwap(leaseTaken, leaseFree) {
		l.state.CompareAndSwap(leaseRevoked, leaseFree)
	}
}
