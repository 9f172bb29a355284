package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// counts are those of one second.
type counts struct{ attempts, accepted, refused atomic.Int64 }

// tally counts by the second since the cut. Anybody may count.
type tally struct {
	made    time.Time
	cut     atomic.Int64 // since made, zero before it
	before  counts
	seconds []counts // the last has all that comes later
}

func newTally(longest time.Duration) *tally {
	return &tally{made: time.Now(), seconds: make([]counts, longest/time.Second+2)}
}

// start has the seconds begin.
func (t *tally) start() { t.cut.Store(max(int64(time.Since(t.made)), 1)) }

// elapsed is the time since the cut.
func (t *tally) elapsed() time.Duration { return time.Since(t.made) - time.Duration(t.cut.Load()) }

// now returns the counts of this second.
func (t *tally) now() *counts {
	if t.cut.Load() == 0 {
		return &t.before
	}
	return &t.seconds[min(int(t.elapsed()/time.Second), len(t.seconds)-1)]
}

// busiest is the most attempts in a second.
func (t *tally) busiest() (most int64) {
	for i := range t.seconds {
		most = max(most, t.seconds[i].attempts.Load())
	}
	return most
}

// over is the first second at whose end there had been more attempts than a bucket of
// so many a second and so many at once has let through, or -1. A turn that a busy
// machine takes up late can make one second fuller, but never the sum.
func (t *tally) over(perSecond float64, burst int) int {
	sum := int64(0)
	for i := range t.seconds {
		sum += t.seconds[i].attempts.Load()
		if float64(sum) > float64(burst)+perSecond*float64(i+1) && i < len(t.seconds)-1 {
			return i
		}
	}
	return -1
}

func (t *tally) row(second, open int) row {
	c := &t.seconds[second]
	return row{second: second, attempts: c.attempts.Load(), accepted: c.accepted.Load(), refused: c.refused.Load(), open: open}
}

// row is a line of the histogram.
type row struct {
	second                      int
	attempts, accepted, refused int64
	open                        int // at its end
}

// barWidth is the length of a full bar.
const barWidth = 40

const rowHeader = "second  attempts  accepted  refused   open"

// text has a bar of the attempts, full at so many. Any attempt at all shows.
func (r row) text(full int) string {
	length := (r.attempts*barWidth + int64(full) - 1) / int64(full)
	line := fmt.Sprintf("%6d  %8d  %8d  %7d  %5d  %s",
		r.second, r.attempts, r.accepted, r.refused, r.open, strings.Repeat("#", int(length)))
	return strings.TrimRight(line, " ")
}
