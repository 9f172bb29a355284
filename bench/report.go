package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// result is a row as measured.
type result struct {
	Family  string   `json:"family"`
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Unit    string   `json:"unit"`
	Per     string   `json:"per,omitempty"`
	Less    bool     `json:"less_is_better,omitempty"`
	Also    []string `json:"also,omitempty"`
	Systems []figure `json:"systems"`
	Reached []string `json:"reached,omitempty"`
	Note    string   `json:"note,omitempty"`
}

// figure is one system's.
type figure struct {
	System string  `json:"system"`
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Ratio  float64 `json:"ratio"` // to raw coder/websocket, or to gorilla where it has no such role
	Load   float64 `json:"load_cores"`
	Work   float64 `json:"system_cores"`
	Other  float64 `json:"other_cores"` // what other programs took of the machine
	// Each is the CPU time that the system took for one of what is counted, in microseconds.
	Each float64   `json:"cpu_us_each,omitempty"`
	Also []float64 `json:"also,omitempty"`
}

func summarize(r row, runs [][]run) result {
	res := result{Name: r.name, Title: r.title, Unit: r.unit, Per: r.per, Less: r.less, Also: r.also, Note: r.note}
	for i, s := range r.systems {
		f := figureOf(s.name, runs[i])
		if r.per != "" {
			f.Each = 1e6 * f.Work / f.Median
		}
		res.Systems = append(res.Systems, f)
	}
	base := res.base()
	for i := range res.Systems {
		res.Systems[i].Ratio = res.Systems[i].Median / base.Median
	}
	for _, t := range r.targets {
		res.Reached = append(res.Reached, res.verdict(t))
	}
	return res
}

func figureOf(name string, runs []run) figure {
	collect := func(get func(run) float64) []float64 {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = get(r)
		}
		return values
	}
	values := collect(func(r run) float64 { return r.value })
	var also []float64
	for i := range runs[0].also {
		also = append(also, median(collect(func(r run) float64 { return r.also[i] })))
	}
	return figure{
		System: name, Median: median(values), Min: slices.Min(values), Max: slices.Max(values),
		Load: median(collect(func(r run) float64 { return r.load })), Work: median(collect(func(r run) float64 { return r.work })),
		Other: median(collect(func(r run) float64 { return r.other })), Also: also,
	}
}

// base is what the ratios are to.
func (r result) base() figure {
	for _, name := range []string{coder, gorilla, expectation, oneShared} {
		if f := r.find(name); f != nil {
			return *f
		}
	}
	return r.Systems[0]
}

func (r result) find(system string) *figure {
	i := slices.IndexFunc(r.Systems, func(f figure) bool { return f.System == system })
	if i < 0 {
		return nil
	}
	return &r.Systems[i]
}

// verdict says whether a target is reached.
func (r result) verdict(t target) string {
	ours, theirs, less, of := r.Systems[0].Median, r.find(t.peer).Median, r.Less, ""
	if i := slices.Index(r.Also, t.of); i >= 0 {
		name, _, _ := strings.Cut(t.of, ", ") // before its unit
		ours, theirs, less, of = r.Systems[0].Also[i], r.find(t.peer).Also[i], true, name+" "
	}
	ratio := ours / theirs
	reached, sign := ratio >= t.ratio, ">="
	if less {
		reached, sign = ratio <= t.ratio, "<="
	}
	word := "reached"
	if !reached {
		word = "MISSED"
	}
	return fmt.Sprintf("%s%.2f x %s (must be %s %.2f): %s", of, ratio, t.peer, sign, t.ratio, word)
}

// String is the row as a table.
func (r result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s (%s)\n", r.Name, r.Title, r.Unit)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join(r.header(), "\t"))
	for _, f := range r.Systems {
		fmt.Fprintln(w, strings.Join(r.line(f), "\t"))
	}
	w.Flush()
	for _, line := range r.Reached {
		fmt.Fprintf(&b, "  %s %s\n", sockvisor, line)
	}
	if r.Note != "" {
		fmt.Fprintf(&b, "  %s\n", r.Note)
	}
	if other := r.other(); other > quiet {
		fmt.Fprintf(&b, "  NOT QUIET: other programs took %.1f cores of the machine meanwhile\n", other)
	}
	return b.String()
}

// quiet is what other programs may take of a core while something is claimed.
const quiet = 0.1

// other is what other programs took beside the system that was hurt most.
func (r result) other() (cores float64) {
	for _, f := range r.Systems {
		cores = max(cores, f.Other)
	}
	return cores
}

// header is the names of the columns; line is a system's part of each. Both end with
// nothing, so that the last column is aligned too.
func (r result) header() []string {
	names := []string{"", "median", "min", "max", "x " + r.base().System}
	names = append(names, r.Also...)
	if r.Per != "" {
		names = append(names, "CPU us/"+r.Per)
	}
	if r.loaded() {
		names = append(names, "its cores", "load's cores")
	}
	return append(names, "")
}

func (r result) line(f figure) []string {
	cells := []string{f.System, number(f.Median), number(f.Min), number(f.Max), fmt.Sprintf("%.2f", f.Ratio)}
	for _, value := range f.Also {
		cells = append(cells, number(value))
	}
	if r.Per != "" {
		cells = append(cells, number(f.Each))
	}
	if r.loaded() {
		cells = append(cells, fmt.Sprintf("%.2f", f.Work), fmt.Sprintf("%.2f", f.Load))
	}
	return append(cells, "")
}

// loaded reports whether CPU was measured.
func (r result) loaded() bool {
	return slices.ContainsFunc(r.Systems, func(f figure) bool { return f.Work > 0 })
}

// number prints three digits or more, with commas.
func number(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.3g", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// outputs are where the figures, the tables and the charts are wanted, or empty.
type outputs struct{ json, md, svg string }

func (o outputs) write(results []result) error {
	var errs []error
	if o.json != "" {
		text, err := json.MarshalIndent(results, "", "  ")
		if err == nil {
			err = os.WriteFile(o.json, append(text, '\n'), 0o644)
		}
		errs = append(errs, err)
	}
	if o.md != "" {
		errs = append(errs, os.WriteFile(o.md, []byte(markdown(results)), 0o644))
	}
	if o.svg != "" {
		errs = append(errs, drawCharts(results, o.svg))
	}
	return errors.Join(errs...)
}
