package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printTable prints what became of all books.
func printTable(out io.Writer, all []*outcome) {
	fmt.Fprintln(out)
	for _, o := range all {
		fmt.Fprintf(out, "%-8s %s: %d sockets cut, %d frozen, of which the client's heartbeat noticed %d\n",
			o.name, o.heartbeat, o.cuts, o.frozen, o.heartbeats)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "exchange\tsymbol\tepochs\tupdates\tsnapshots\ton top\tgaps\tmissed\tquotes sent\treplaced\tunknown\tbook\t")
	for _, o := range all {
		for _, r := range o.results {
			fmt.Fprintln(w, r.row(o.epochs))
		}
	}
	_ = w.Flush()
	fmt.Fprint(out, `
  snapshots  one an epoch, and one more for each gap
  on top     updates that came before the snapshot that they follow, applied after it
  gaps       updates that were found missing while the socket was open
  missed     updates that never came, made up for by a snapshot
  replaced   quotes that a newer one of the same symbol replaced before they were written
  unknown    quotes handed to a socket that then failed
`)
}

func (r *result) row(epochs uint64) string {
	o, q, verdict := r.ours, r.ours.quotes, "equal"
	if !r.equal() {
		verdict = "WRONG"
	}
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t", r.exchange, r.symbol, epochs,
		o.applied, o.snapshots, o.onTop, o.gaps, o.missed, q.written, q.replaced, q.unknown, verdict)
}
