package sendqueue

import "slices"

// Flush is a messages.Flush under way.
type Flush struct {
	To     Addressee
	ticket uint64 // of the queue: what was queued before
	passed bool   // all of that has left the queue
	count  uint64 // handed over, since then
}

// Begin begins a flush of what was queued before a ticket.
func (f *InFlight) Begin(flush *Flush, ticket uint64) {
	flush.ticket = ticket
	f.flushes = append(f.flushes, flush)
}

// Leave forgets a flush for which nobody waits any more.
func (f *InFlight) Leave(flush *Flush) {
	f.flushes = slices.DeleteFunc(f.flushes, func(each *Flush) bool { return each == flush })
}

// Flushed is for when the kernel has taken what was written: it ends the flushes of which
// everything is settled.
func (f *InFlight) Flushed(q *Queue, done func(*Flush)) {
	left := f.flushes[:0]
	for _, each := range f.flushes {
		if !each.passed && q.HandedOver(each.ticket) && len(f.again) == 0 && q.Settled() {
			each.passed, each.count = true, f.count
		}
		if !each.passed || f.settled < each.count {
			left = append(left, each)
			continue
		}
		done(each)
	}
	clear(f.flushes[len(left):])
	f.flushes = left
}
