package main

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// protoactor counts dead letters of the last second.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewThrottle.func1.1"),
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"))
}

// The main job, in short: sockets are cut and frozen, updates are withheld, and every
// book is right in the end, as often as it takes until all of that was shown: how much
// happens in a run is the machine's to say.
func TestBooksAreRightAfterCuts(t *testing.T) {
	var shown shown
	for seed := uint64(1); !shown.all(); seed++ {
		if seed > 10 {
			t.Fatalf("%+v: not all was shown", shown)
		}
		var out bytes.Buffer
		outcomes, err := run(&out, newPlan(2*time.Second, seed, 500))
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		printTable(&out, outcomes)
		t.Log(out.String())
		if len(outcomes) != 3 {
			t.Errorf("%d exchanges", len(outcomes))
		}
		err = checkAll(outcomes)
		if wrong := wrongIn(err); wrong != nil {
			t.Error(wrong)
		}
		if err == nil {
			shown.add(outcomes)
		}
	}
}

// wrongIn returns what of an error of checkAll says that something is wrong.
func wrongIn(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var wrong []error
		for _, each := range several.Unwrap() {
			wrong = append(wrong, wrongIn(each))
		}
		return errors.Join(wrong...)
	}
	if _, unshown := err.(*unshownError); unshown {
		return nil
	}
	return err
}

// shown counts what makes a book hard to keep right.
type shown struct{ gaps, onTop, replaced, noticed int }

func (s *shown) add(outcomes []*outcome) {
	for _, o := range outcomes {
		s.noticed += o.heartbeats
		for _, r := range o.results {
			s.gaps += r.ours.gaps
			s.onTop += r.ours.onTop
			s.replaced += r.ours.quotes.replaced
		}
	}
}

func (s *shown) all() bool { return s.gaps > 0 && s.onTop > 0 && s.replaced > 0 && s.noticed > 0 }

// good is a result that adds up.
func good() *result {
	last := quote{Number: 10, Bid: 99, Ask: 101}
	book := func() levels { return newLevels(level{bid, 99, 5}, level{bid, 98, 7}, level{ask, 101, 3}) }
	return &result{
		exchange: "alpha", symbol: "BTC",
		theirs: &listing{levels: book(), seq: 20, withheld: 1, quoted: 6, last: last},
		ours: &view{
			replica: replica{levels: book(), seq: 20, applied: 15, missed: 5, snapshots: 2, gaps: 1},
			quotes:  quotes{last: last, written: 6, replaced: 2, unknown: 1, refused: 1},
		},
	}
}

// A book that is wrong in anything is refused.
func TestWrongBookRefused(t *testing.T) {
	if err := good().check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*result){
		"size":              func(r *result) { r.ours.bids[99]++ },
		"price":             func(r *result) { r.ours.apply([]level{{ask, 101, 0}, {ask, 102, 3}}) },
		"side":              func(r *result) { r.ours.apply([]level{{ask, 101, 0}, {bid, 101, 3}}) },
		"level missing":     func(r *result) { delete(r.ours.bids, 98) },
		"level too many":    func(r *result) { r.ours.asks[105] = 1 },
		"behind":            func(r *result) { r.ours.seq--; r.ours.applied-- },
		"applied twice":     func(r *result) { r.ours.applied++ },
		"gap unnoticed":     func(r *result) { r.ours.wrong++ },
		"gap imagined":      func(r *result) { r.ours.gaps = 2 },
		"nothing applied":   func(r *result) { r.ours.applied, r.ours.missed = 0, 20 },
		"receipt missing":   func(r *result) { r.ours.quotes.written-- },
		"receipt twice":     func(r *result) { r.ours.quotes.unknown++ },
		"old quote":         func(r *result) { r.theirs.last.Number-- },
		"other quote":       func(r *result) { r.theirs.last.Bid-- },
		"quotes disordered": func(r *result) { r.theirs.backward++ },
		"quotes multiplied": func(r *result) { r.theirs.quoted += 2 },
	} {
		r := good()
		spoil(r)
		if r.check() == nil {
			t.Errorf("%s: adds up", name)
		}
	}
}

// An exchange with which something is wrong is refused, whichever it is.
func TestOutcomeRefused(t *testing.T) {
	outcomes := func(spoil func(*outcome)) []*outcome {
		all := make([]*outcome, 3)
		for i := range all {
			all[i] = &outcome{cuts: 2, frozen: 1, epochs: 4, results: []*result{good(), good()}}
		}
		spoil(all[1])
		return all
	}
	if err := checkAll(outcomes(func(*outcome) {})); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*outcome){
		"cut unnoticed":     func(o *outcome) { o.epochs-- },
		"never cut":         func(o *outcome) { o.cuts = 0 },
		"never frozen":      func(o *outcome) { o.frozen = 0 },
		"failed when quiet": func(o *outcome) { o.quietEpochs++ },
		"foreign message":   func(o *outcome) { o.foreign++ },
		"wrong book":        func(o *outcome) { o.results[1].ours.bids[99]++ },
	} {
		if checkAll(outcomes(spoil)) == nil {
			t.Errorf("%s: adds up", name)
		}
	}
}

func TestLevels(t *testing.T) {
	for name, c := range map[string]struct{ changed, want []level }{
		"new":        {[]level{{ask, 11, 1}, {bid, 9, 2}}, []level{{bid, 9, 2}, {ask, 11, 1}}},
		"sorted":     {[]level{{ask, 12, 1}, {ask, 11, 1}, {bid, 8, 1}, {bid, 9, 1}}, []level{{bid, 9, 1}, {bid, 8, 1}, {ask, 11, 1}, {ask, 12, 1}}},
		"replaced":   {[]level{{bid, 9, 2}, {bid, 9, 3}}, []level{{bid, 9, 3}}},
		"removed":    {[]level{{bid, 9, 2}, {bid, 9, 0}}, []level{}},
		"not there":  {[]level{{ask, 9, 0}}, []level{}},
		"both sides": {[]level{{bid, 9, 2}, {ask, 9, 3}, {bid, 9, 0}}, []level{{ask, 9, 3}}},
	} {
		if got := newLevels(c.changed...).all(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if b, a := newLevels(level{bid, 8, 1}, level{bid, 9, 1}, level{ask, 12, 1}, level{ask, 11, 1}).best(); b != 9 || a != 11 {
		t.Errorf("best %d and %d", b, a)
	}
}

// The checksum is that of the book and not of how it came about, and no two books of
// these have the same.
func TestChecksum(t *testing.T) {
	one := newLevels(level{bid, 9, 2}, level{bid, 8, 1}, level{ask, 11, 1})
	if other := newLevels(level{ask, 11, 1}, level{bid, 8, 7}, level{bid, 9, 2}, level{bid, 8, 1}); one.checksum() != other.checksum() {
		t.Error("the same book has two checksums")
	}
	seen := map[uint32][]level{one.checksum(): one.all()}
	for _, all := range [][]level{
		nil, {{bid, 9, 2}}, {{bid, 9, 3}}, {{bid, 2, 9}}, {{ask, 9, 2}}, {{bid, 9, 2}, {ask, 11, 1}}, {{bid, 9, 2}, {bid, 11, 1}},
	} {
		sum := newLevels(all...).checksum()
		if other, twice := seen[sum]; twice {
			t.Errorf("%v and %v have the same checksum", all, other)
		}
		seen[sum] = all
	}
}

// step is what a replica gets, and whether it is to ask for a snapshot then.
type step struct {
	kind string // await, update or snapshot
	seq  uint64
	gap  bool
}

// A stream of which the n-th change adds a bid of size n at price n.
func (s step) report() *report {
	book := newLevels()
	for i := int64(1); i <= int64(s.seq); i++ {
		book.apply([]level{{bid, i, i}})
	}
	r := &report{Seq: s.seq, Checksum: book.checksum(), Levels: []level{{bid, int64(s.seq), int64(s.seq)}}}
	if s.kind == "snapshot" {
		r.Levels = book.all()
	}
	return r
}

func (s step) take(r *replica) (gap bool) {
	switch s.kind {
	case "update":
		return r.update(s.report())
	case "snapshot":
		return r.snapshot(s.report())
	default:
		r.await()
		return false
	}
}

func TestReplica(t *testing.T) {
	type figures struct {
		seq, missed                    uint64
		live                           bool
		applied, onTop, snapshots, gap int
	}
	up := func(seq uint64) step { return step{kind: "update", seq: seq} }
	snap := func(seq uint64) step { return step{kind: "snapshot", seq: seq} }
	gap := func(s step) step { s.gap = true; return s }
	await := step{kind: "await"}
	for name, c := range map[string]struct {
		steps []step
		want  figures
	}{
		"in order":              {[]step{await, snap(3), up(4), up(5)}, figures{5, 3, true, 2, 0, 1, 0}},
		"kept, then on top":     {[]step{await, up(4), up(5), snap(3), up(6)}, figures{6, 3, true, 3, 2, 1, 0}},
		"kept, in the snapshot": {[]step{await, up(2), up(3), up(4), snap(3)}, figures{4, 3, true, 1, 1, 1, 0}},
		"known":                 {[]step{await, snap(3), up(3), up(1), up(4)}, figures{4, 3, true, 1, 0, 1, 0}},
		"gap":                   {[]step{await, snap(3), gap(up(5))}, figures{3, 3, false, 0, 0, 1, 1}},
		"gap, healed":           {[]step{await, snap(3), gap(up(5)), await, up(6), snap(5)}, figures{6, 5, true, 1, 1, 2, 1}},
		"gap after snapshot":    {[]step{await, up(4), up(6), gap(snap(3))}, figures{4, 3, false, 1, 1, 1, 1}},
		"next epoch":            {[]step{await, snap(3), up(4), await, up(9), snap(8), up(10)}, figures{10, 7, true, 3, 1, 2, 0}},
		"nothing happened":      {[]step{await, snap(3), await, snap(3)}, figures{3, 3, true, 0, 0, 2, 0}},
		"no snapshot":           {[]step{await, up(1), up(2)}, figures{}},
	} {
		r := newReplica()
		for i, s := range c.steps {
			if s.take(&r) != s.gap {
				t.Errorf("%s: step %d: gap %t", name, i, !s.gap)
			}
		}
		if got := (figures{r.seq, r.missed, r.live, r.applied, r.onTop, r.snapshots, r.gaps}); got != c.want || r.wrong != 0 {
			t.Errorf("%s: got %+v, %d times wrong, want %+v", name, got, r.wrong, c.want)
		}
		if want := snap(r.seq).report().Levels; !slices.Equal(sorted(want), r.all()) {
			t.Errorf("%s: got %v, want %v", name, r.all(), want)
		}
	}
}

func sorted(all []level) []level { return newLevels(all...).all() }

// A change that is missing is noticed even if the numbers hide it: by the checksum.
func TestReplicaNoticesHiddenGap(t *testing.T) {
	r := newReplica()
	r.snapshot(step{kind: "snapshot", seq: 3}.report())
	hidden := step{kind: "update", seq: 5}.report()
	hidden.Seq = 4
	if r.update(hidden); r.wrong != 1 {
		t.Errorf("%d times wrong", r.wrong)
	}
}

func TestPlanRefused(t *testing.T) {
	if err := newPlan(time.Second, 0, 1).validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []plan{newPlan(time.Millisecond, 0, 1), newPlan(time.Second, 0, 0)} {
		if bad.validate() == nil {
			t.Errorf("%+v: accepted", bad)
		}
	}
}
