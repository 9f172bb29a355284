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
	var results []result
	for _, r := range rows {
		if !o.wants(r.name) {
			continue
		}
		measured, err := m.measure(ctx, r)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Print(measured)
		results = append(results, measured)
	}
	return write(results, json, svg)
}
