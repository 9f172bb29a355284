package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// family is rows that belong together: a heading of the output, and a chart.
type family struct {
	name  string // of its chart's file
	title string
	rows  []row
}

// families are the table, in its order.
var families = []family{
	{"small", "Small messages", smallRows},
	{"large", "Large messages", largeRows},
	{"wss", "Over TLS 1.3", wssRows},
	{"idle", "Silence", slices.Concat(idleRows, []row{alone(heartbeats, (*measurement).heartbeats)})},
	{"latency", "Time to spare: the tail of the latency, and a fleet", latencyRows},
	{"churn", "Coming and going", slices.Concat(churnRows, []row{alone(storm, (*measurement).storm)})},
}

// alone is a row that is not measured system by system.
func alone(r row, measure func(*measurement, context.Context) (result, error)) row {
	r.alone = measure
	return r
}

// list says what there is to be asked for with -only.
func list(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range families {
		fmt.Fprintf(w, "\n%s\n", f.title)
		for _, r := range f.rows {
			fmt.Fprintf(w, "  %s\t%s\n", r.name, r.title)
		}
	}
	fmt.Fprintf(w, "\nAlone, where they are asked for\n")
	fmt.Fprintf(w, "  scale\t-n connections (100,000) over as many processes as that takes\n")
	fmt.Fprintf(w, "  actors\t-n connections (1,000,000) over sockets in memory: to start them, and to stop them\n")
	return w.Flush()
}
