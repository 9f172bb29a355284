package main

// replica is a copy of an exchange's book, kept right by sequence numbers: pure, the
// actor around it asks for the snapshots.
//
// While a snapshot is awaited the updates are kept, and those that are newer than it
// are applied on top. An update that is not the next one is a gap, and the copy is
// worth nothing until the next snapshot.
type replica struct {
	levels
	seq     uint64
	live    bool
	pending []*report

	applied   int    // updates
	onTop     int    // of these, how many had waited for a snapshot
	snapshots int    // that were taken
	missed    uint64 // updates that a snapshot made up for
	gaps      int
	wrong     int // states whose checksum was not the exchange's
}

func newReplica() replica { return replica{levels: newLevels()} }

// await is for when a snapshot is being asked for: what was kept is older than it.
func (r *replica) await() { r.live, r.pending = false, nil }

// update takes an update, and reports whether the copy needs a snapshot now.
func (r *replica) update(u *report) (gap bool) {
	if !r.live {
		r.pending = append(r.pending, u)
		return false
	}
	return !r.next(u)
}

// snapshot takes a snapshot, and reports whether the copy needs another one, since
// what was kept does not follow on it.
func (r *replica) snapshot(s *report) (gap bool) {
	kept := r.pending
	r.missed += s.Seq - r.seq
	r.levels, r.seq, r.live, r.pending = newLevels(s.Levels...), s.Seq, true, nil
	r.snapshots++
	r.verify(s)
	for _, u := range kept {
		before := r.applied
		if !r.next(u) {
			return true
		}
		r.onTop += r.applied - before
	}
	return false
}

// next applies an update if it is the next one, ignores one that is known, and
// reports whether nothing is missing before it.
func (r *replica) next(u *report) bool {
	switch {
	case u.Seq <= r.seq:
		return true
	case u.Seq > r.seq+1:
		r.gaps++
		r.live = false
		return false
	}
	r.apply(u.Levels)
	r.seq = u.Seq
	r.applied++
	r.verify(u)
	return true
}

func (r *replica) verify(of *report) {
	if r.checksum() != of.Checksum {
		r.wrong++
	}
}
