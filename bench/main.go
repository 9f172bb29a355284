// Bench measures Sockvisor beside its peers: the same load, one machine, run by
// run in turn, ratios of medians.
//
//	go run . -quick            # a look: every row, short
//	go run . -list             # the names of the rows
//	go run . -only echo        # rows whose name begins so
//	go run . -json FILE -md FILE -svg DIR
//	go run . -only scale -n 100000
//	go run . -only actors -n 1000000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "short runs: for a look, not for a claim")
	only := flag.String("only", "", "comma-separated beginnings of the names of rows (default all of the table)")
	flag.IntVar(&o.runs, "runs", 5, "counted runs of each system in each row")
	flag.IntVar(&o.n, "n", 0, "connections of scale (default 100,000), or actors of actors (default 1,000,000)")
	names := flag.Bool("list", false, "say the names of the rows, and measure nothing")
	md := flag.String("md", "", "file to write the tables to, in Markdown")
	json := flag.String("json", "", "file to write the figures to")
	svg := flag.String("svg", "", "directory to draw the charts in")
	flag.Parse()
	if *names {
		if err := list(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o, outputs{*json, *md, *svg}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// options is what the flags say.
type options struct {
	quick bool
	only  []string
	runs  int
	n     int
}

// asksFor reports whether a thing that is no row of the table is asked for by name.
func (o options) asksFor(name string) bool { return slices.Contains(o.only, name) }

func (o options) wants(name string) bool {
	for _, prefix := range o.only {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return len(o.only) == 0
}

func bench(ctx context.Context, o options, out outputs) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &measurement{options: o, dir: dir, programs: map[string]string{}}
	results, err := m.table(ctx)
	if err == nil && o.asksFor("scale") {
		err = m.scale(ctx)
	}
	if err == nil && o.asksFor("actors") {
		err = m.million()
	}
	if len(results) == 0 {
		return err
	}
	fmt.Print(setups)
	return errors.Join(err, out.write(results)) // what was measured before it failed is not lost
}

// table measures the rows and prints each.
func (m *measurement) table(ctx context.Context) (results []result, err error) {
	for _, f := range families {
		wanted := slices.DeleteFunc(slices.Clone(f.rows), func(r row) bool { return !m.wants(r.name) })
		if len(wanted) > 0 {
			fmt.Printf("\n== %s ==\n", f.title)
		}
		for _, r := range wanted {
			measure := r.alone
			if measure == nil {
				measure = func(m *measurement, ctx context.Context) (result, error) { return m.measure(ctx, r) }
			}
			measured, err := measure(m, ctx)
			if err != nil {
				return results, fmt.Errorf("%s: %w", r.name, err)
			}
			measured.Family = f.name
			fmt.Print(measured)
			results = append(results, measured)
		}
	}
	return results, nil
}
