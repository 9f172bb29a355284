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
		fmt.Fprintf(out, "%-8s %s: %d sockets cut, %d frozen (%d noticed by the client's heartbeat)\n",
			o.name, o.heartbeat, o.cuts, o.frozen, o.heartbeats)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "exchange\tsymbol\tepochs\tupdates\tsnapshots\ton top\tgaps\tmissed\tquotes\treplaced\twritten\tunknown\tread\tbook\t")
	for _, o := range all {
		for _, r := range o.results {
			fmt.Fprintln(w, r.row(o.epochs))
		}
	}
	_ = w.Flush()
	fmt.Fprint(out, `
  frozen     sockets that pass nothing on; charlie asks first, so it notices before its client
  snapshots  one an epoch, and one more for each gap
  on top     updates that came before the snapshot that they follow, applied after it
  gaps       updates that were found missing while the socket was open
  missed     updates that never came, made up for by a snapshot
  replaced   quotes whose place a newer one of the same symbol took in the queue
  written    quotes that went to the kernel: a socket that is frozen takes them too
  unknown    quotes handed to a socket that failed before the kernel had them
  read       quotes that reached the exchange, the newest among them
`)
}

func (r *result) row(epochs uint64) string {
	o, q, verdict := r.ours, r.ours.quotes, "equal"
	if !r.equal() {
		verdict = "WRONG"
	}
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t", r.exchange, r.symbol, epochs,
		o.applied, o.snapshots, o.onTop, o.gaps, o.missed, q.last.Number, q.replaced, q.written, q.unknown,
		r.theirs.quoted, verdict)
}
