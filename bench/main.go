// Bench measures Sockvisor beside its peers: the same load, one machine, run by
// run in turn, ratios of medians.
//
//	go run . -quick            # a look: every row, short
//	go run . -only echo        # rows whose name begins so
//	go run . -json FILE -svg DIR
//	go run . -only scale -n 100000
//	go run . -only actors -n 1000000
package main

import (
	"context"
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
	json := flag.String("json", "", "file to write the figures to")
	svg := flag.String("svg", "", "directory to draw the charts in")
	flag.Parse()
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o, *json, *svg); err != nil {
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

func bench(ctx context.Context, o options, json, svg string) error {
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
	if err != nil || len(results) == 0 {
		return err
	}
	fmt.Print(setups)
	return write(results, json, svg)
}

// table measures the rows and prints each.
func (m *measurement) table(ctx context.Context) (results []result, err error) {
	for _, r := range rows {
		if err := m.tabulate(r.name, &results, func() (result, error) { return m.measure(ctx, r) }); err != nil {
			return results, err
		}
	}
	if err := m.tabulate(heartbeats.name, &results, func() (result, error) { return m.heartbeats(ctx) }); err != nil {
		return results, err
	}
	return results, m.tabulate(storm.name, &results, func() (result, error) { return m.storm(ctx) })
}

func (m *measurement) tabulate(name string, results *[]result, measure func() (result, error)) error {
	if !m.wants(name) {
		return nil
	}
	measured, err := measure()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Print(measured)
	*results = append(*results, measured)
	return nil
}
