// Swarm is many client connections in one process: a load for an echo server, and
// a look at how they come back when it goes.
//
//	go run ./examples/echo &
//	go run ./examples/swarm -url ws://127.0.0.1:9001/ws -n 1000 -for 10s
//
// Ctrl-C ends it with the summary.
//
// With -storm it is a server too, which goes away for 10 s under 5,000 clients and
// then accepts 200 handshakes a second, answering 503 with a Retry-After to the rest:
//
//	go run ./examples/swarm -storm
//	go run ./examples/swarm -storm -n 1000 -dials 100 -storm-away 5s -storm-accepts 50
//
// It prints a line for every second since the cut, and fails if the clients attempted
// more in any of them than their governor allows, or are not all back two minutes
// after the server is.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	var p plan
	var sp stormPlan
	asStorm := flag.Bool("storm", false, "have a server of its own go away and come back; of the other flags, -n counts (default 5000)")
	flag.DurationVar(&sp.away, "storm-away", 10*time.Second, "how long the server of -storm is away")
	flag.Float64Var(&sp.accepts, "storm-accepts", 200, "handshakes a second that it accepts when it is back")
	flag.Float64Var(&sp.dials, "dials", 400, "attempts a second of the clients of -storm, after an eighth of that at once")
	asJSON := flag.Bool("json", false, "print one JSON object on stdout, and all else on stderr")
	flag.StringVar(&p.url, "url", "ws://127.0.0.1:9001/ws", "echo server to connect to")
	flag.IntVar(&p.n, "n", 100, "connections")
	flag.DurationVar(&p.length, "for", 10*time.Second, "how long to send, once all are open")
	flag.Float64Var(&p.rate, "rate", 1, "messages a second, each connection; 0 sends none")
	flag.IntVar(&p.size, "size", 64, "bytes a message")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	if *asStorm {
		sp.n, sp.burst = stormClients, max(1, int(sp.dials)/8)
		flag.Visit(func(f *flag.Flag) {
			if f.Name == "n" {
				sp.n = p.n
			}
		})
		exit(runStorm(ctx, os.Stdout, sp), stop)
		return
	}
	log := io.Writer(os.Stdout)
	if *asJSON {
		log = os.Stderr
	}
	summary, err := run(ctx, log, p)
	if err == nil && *asJSON {
		err = summary.json(os.Stdout)
	} else if err == nil {
		fmt.Print(summary)
	}
	exit(err, stop)
}

// exit ends the process if there is an error.
func exit(err error, stop func()) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "swarm:", err)
	stop()
	os.Exit(1)
}
