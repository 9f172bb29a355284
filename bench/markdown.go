package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// markdown is what was measured as a table for each family: a column a system, the best
// of each line in bold, wherever it is, and how Sockvisor stands to the best of the others.
func markdown(results []result) string {
	var b strings.Builder
	for _, f := range families {
		measured := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Family != f.name })
		if len(measured) == 0 {
			continue
		}
		systems := systemsOf(measured)
		fmt.Fprintf(&b, "\n### %s\n\n", f.title)
		tableLine(&b, append(append([]string{""}, systems...), "to the best"))
		tableLine(&b, slices.Repeat([]string{"---"}, len(systems)+2))
		for _, r := range measured {
			for _, l := range r.lines() {
				tableLine(&b, l.cells(systems))
			}
		}
	}
	return b.String()
}

func tableLine(b *strings.Builder, cells []string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// systemsOf are those of the results, in the order of the first that has each.
func systemsOf(results []result) (names []string) {
	for _, r := range results {
		for _, f := range r.Systems {
			if !slices.Contains(names, f.System) {
				names = append(names, f.System)
			}
		}
	}
	return names
}

// line is one thing that was measured of every system.
type line struct {
	title  string
	less   bool
	values []value
}

type value struct {
	system string
	amount float64
	beside string // what is said in brackets
}

// lines are the value of a row and what else was measured, of which less is better unless
// it is a rate.
func (r result) lines() []line {
	lines := []line{{title: r.Title + ", " + r.Unit, less: r.Less}}
	for _, f := range r.Systems {
		v := value{system: f.System, amount: f.Median}
		if r.Per != "" {
			v.beside = " (" + number(f.Each) + " us)"
		}
		lines[0].values = append(lines[0].values, v)
	}
	for i, name := range r.Also {
		l := line{title: "... " + name, less: name != perSecond}
		for _, f := range r.Systems {
			l.values = append(l.values, value{system: f.System, amount: f.Also[i]})
		}
		lines = append(lines, l)
	}
	return lines
}

func (l line) cells(systems []string) []string {
	best := l.best(func(v value) bool { return !limits(v.system) })
	cells := []string{l.title}
	for _, name := range systems {
		i := slices.IndexFunc(l.values, func(v value) bool { return v.system == name })
		switch {
		case i < 0:
			cells = append(cells, "")
		case l.values[i] == best:
			cells = append(cells, "**"+number(best.amount)+"**"+best.beside)
		default:
			cells = append(cells, number(l.values[i].amount)+l.values[i].beside)
		}
	}
	other := l.best(func(v value) bool { return !limits(v.system) && v.system != sockvisor })
	return append(cells, fmt.Sprintf("%.2f x %s", l.values[0].amount/other.amount, other.system))
}

// limits reports whether a system is no peer, but what the machine can do.
func limits(system string) bool { return system == tcp }

// best returns the best of those that count.
func (l line) best(counts func(value) bool) value {
	counted := slices.DeleteFunc(slices.Clone(l.values), func(v value) bool { return !counts(v) })
	byAmount := func(a, b value) int { return cmp.Compare(a.amount, b.amount) }
	if l.less {
		return slices.MinFunc(counted, byAmount)
	}
	return slices.MaxFunc(counted, byAmount)
}
