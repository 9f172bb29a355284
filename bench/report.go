package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// result is a row as measured.
type result struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Unit    string   `json:"unit"`
	Less    bool     `json:"less_is_better,omitempty"`
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
}

func summarize(r row, runs [][]run) result {
	res := result{Name: r.name, Title: r.title, Unit: r.unit, Less: r.less, Note: r.note}
	for i, s := range r.systems {
		res.Systems = append(res.Systems, figureOf(s.name, runs[i]))
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
	return figure{
		System: name, Median: median(values), Min: slices.Min(values), Max: slices.Max(values),
		Load: median(collect(func(r run) float64 { return r.load })), Work: median(collect(func(r run) float64 { return r.work })),
	}
}

// base is what the ratios are to.
func (r result) base() figure {
	for _, name := range []string{coder, gorilla, expectation} {
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
	ratio := r.Systems[0].Median / r.find(t.peer).Median
	reached, sign := ratio >= t.ratio, ">="
	if r.Less {
		reached, sign = ratio <= t.ratio, "<="
	}
	word := "reached"
	if !reached {
		word = "MISSED"
	}
	return fmt.Sprintf("%.2f x %s (must be %s %.2f): %s", ratio, t.peer, sign, t.ratio, word)
}

// String is the row as a table.
func (r result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s (%s)\n", r.Title, r.Unit)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tmedian\tmin\tmax\tx %s\tits cores\tload's cores\t\n", r.base().System)
	for _, f := range r.Systems {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t\n", f.System, number(f.Median), number(f.Min), number(f.Max), f.Ratio, f.Work, f.Load)
	}
	w.Flush()
	for _, line := range r.Reached {
		fmt.Fprintf(&b, "  %s %s\n", sockvisor, line)
	}
	if r.Note != "" {
		fmt.Fprintf(&b, "  %s\n", r.Note)
	}
	return b.String()
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

// write writes the figures and the charts where they are wanted.
func write(results []result, file, svg string) error {
	if file != "" {
		text, err := json.MarshalIndent(results, "", "  ")
		if err == nil {
			err = os.WriteFile(file, append(text, '\n'), 0o644)
		}
		if err != nil {
			return err
		}
	}
	if svg != "" {
		return drawCharts(results, svg)
	}
	return nil
}
