package main

import (
	"errors"
	"fmt"
	"slices"
)

// result is what an exchange and the client say of the same book, which know nothing
// of each other.
type result struct {
	exchange, symbol string
	theirs           *listing
	ours             *view
}

// check returns in what they differ, or nil.
func (r *result) check() error {
	var errs complaints
	wrong := errs.of(r.exchange + " " + r.symbol)
	if !r.equal() {
		wrong("the book is not the exchange's")
	}
	if r.ours.seq != r.theirs.seq {
		wrong("%d changes seen, of %d", r.ours.seq, r.theirs.seq)
	}
	if seen := uint64(r.ours.applied) + r.ours.missed; seen != r.theirs.seq {
		wrong("%d updates applied or made up for by snapshots, of %d", seen, r.theirs.seq)
	}
	if r.ours.wrong > 0 {
		wrong("%d times the book was wrong and nothing was missing: a gap that went unnoticed", r.ours.wrong)
	}
	if r.ours.gaps > r.theirs.withheld {
		wrong("%d gaps, but %d updates were withheld", r.ours.gaps, r.theirs.withheld)
	}
	if r.ours.applied == 0 || r.ours.snapshots == 0 {
		errs.unshown(r.exchange+" "+r.symbol, fmt.Sprintf("%d updates, %d snapshots", r.ours.applied, r.ours.snapshots))
	}
	return errors.Join(append(errs, r.checkQuotes())...)
}

// equal compares the books level by level, and their checksums.
func (r *result) equal() bool {
	return slices.Equal(r.ours.all(), r.theirs.all()) && r.ours.checksum() == r.theirs.checksum()
}

// checkQuotes holds the receipts against what was quoted and what was received.
func (r *result) checkQuotes() error {
	var errs complaints
	wrong := errs.of(r.exchange + " " + r.symbol)
	q := r.ours.quotes
	if settled := q.written + q.replaced + q.unknown + q.refused; settled != q.last.Number {
		wrong("%d quotes, but %d receipts", q.last.Number, settled)
	}
	if r.theirs.last != q.last {
		wrong("the exchange has quote %+v, not %+v", r.theirs.last, q.last)
	}
	if r.theirs.backward > 0 {
		wrong("%d quotes after a newer one", r.theirs.backward)
	}
	if r.theirs.quoted > q.written+q.unknown {
		wrong("%d quotes received, but %d written", r.theirs.quoted, q.written+q.unknown)
	}
	return errors.Join(errs...)
}

// outcome is how it went with one exchange.
type outcome struct {
	name        string
	heartbeat   string
	cuts        int
	frozen      int
	epochs      uint64
	quietEpochs uint64 // that began while only heartbeats were sent
	feedView
	results []*result
}

func (o *outcome) check() error {
	var errs complaints
	wrong := errs.of(o.name)
	if failures := uint64(o.cuts + o.frozen); o.epochs <= failures {
		wrong("%d epochs, but %d sockets were cut or frozen", o.epochs, failures)
	}
	if o.cuts == 0 || o.frozen == 0 {
		errs.unshown(o.name, fmt.Sprintf("%d sockets cut, %d frozen", o.cuts, o.frozen))
	}
	if o.quietEpochs > 0 {
		wrong("the heartbeats did not keep the socket open")
	}
	if o.foreign > 0 {
		wrong("%d messages that are of no book", o.foreign)
	}
	for _, r := range o.results {
		errs = append(errs, r.check())
	}
	return errors.Join(errs...)
}

// checkAll returns what is wrong with any, or nil.
func checkAll(all []*outcome) error {
	var errs complaints
	for _, o := range all {
		errs = append(errs, o.check())
	}
	return errors.Join(errs...)
}

// unshownError says that nothing was wrong, for nothing has happened that could be: on a
// machine that is busy with something else, say.
type unshownError struct{ who, what string }

func (e *unshownError) Error() string { return e.who + ": " + e.what + ": nothing was shown" }

type complaints []error

func (c *complaints) unshown(who, what string) { *c = append(*c, &unshownError{who, what}) }

// of returns a function that adds one of somebody.
func (c *complaints) of(who string) func(format string, args ...any) {
	return func(format string, args ...any) {
		*c = append(*c, fmt.Errorf("%s: %s", who, fmt.Sprintf(format, args...)))
	}
}
