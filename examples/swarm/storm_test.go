package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The server goes away under 200 clients: all come back, and at no time faster than
// the governor allows, though they would all be back within a second.
func TestStorm(t *testing.T) {
	var out bytes.Buffer
	p := stormPlan{n: 200, away: time.Second, accepts: 100, dials: 80, burst: 40}
	if err := runStorm(t.Context(), &out, p); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, text := range []string{rowHeader, "    200  #", "attempts in the busiest second: ", "(the governor allows 80 + burst 40)", "everyone back after "} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("no %q in\n%s", text, &out)
		}
	}
}

func TestStormHistogram(t *testing.T) {
	for _, test := range []struct {
		row  row
		want string
	}{
		{row{second: 0}, "     0         0         0        0      0"},
		{row{second: 7, attempts: 1, open: 3}, "     7         1         0        0      3  #"},
		{row{12, 225, 200, 25, 1234}, "    12       225       200       25   1234  " + strings.Repeat("#", 20)},
		{row{100, 450, 200, 250, 5000}, "   100       450       200      250   5000  " + strings.Repeat("#", 40)},
	} {
		if got := test.row.text(450); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
	if lines := len(rowHeader); lines != len(row{}.text(1)) {
		t.Errorf("the header has %d columns", lines)
	}
}

func TestStormTally(t *testing.T) {
	tally := newTally(time.Second)
	tally.now().attempts.Add(9) // before the cut
	if got := tally.busiest(); got != 0 {
		t.Errorf("got %d before the cut", got)
	}
	tally.seconds[0].attempts.Add(2)
	tally.seconds[1].attempts.Add(5)
	if got := tally.over(1, 5); got != -1 {
		t.Errorf("over in second %d", got)
	}
	if got := tally.over(1, 4); got != 1 {
		t.Error("more than the bucket, and nothing said")
	}
	if got := tally.busiest(); got != 5 {
		t.Errorf("got %d", got)
	}
	tally.cut.Store(int64(time.Since(began) - time.Hour))
	if tally.now() != &tally.seconds[2] {
		t.Error("what comes late is not in the last second")
	}
}

func TestStormPlanRefused(t *testing.T) {
	good := stormPlan{n: 1, away: time.Second, accepts: 1, dials: 1, burst: 1}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(*stormPlan){
		func(p *stormPlan) { p.n = 0 }, func(p *stormPlan) { p.away = 0 },
		func(p *stormPlan) { p.accepts = 0 }, func(p *stormPlan) { p.dials = 0 },
	} {
		bad := good
		spoil(&bad)
		if bad.validate() == nil {
			t.Errorf("%+v: accepted", bad)
		}
	}
}
