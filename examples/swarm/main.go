// Swarm is many client connections in one process: a load for an echo server, and
// a look at how they come back when it goes.
//
//	go run ./examples/echo &
//	go run ./examples/swarm -url ws://127.0.0.1:9001/ws -n 1000 -for 10s
//
// Ctrl-C ends it with the summary.
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
	asJSON := flag.Bool("json", false, "print one JSON object on stdout, and all else on stderr")
	flag.StringVar(&p.url, "url", "ws://127.0.0.1:9001/ws", "echo server to connect to")
	flag.IntVar(&p.n, "n", 100, "connections")
	flag.DurationVar(&p.length, "for", 10*time.Second, "how long to send, once all are open")
	flag.Float64Var(&p.rate, "rate", 1, "messages a second, each connection; 0 sends none")
	flag.IntVar(&p.size, "size", 64, "bytes a message")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

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
	if err != nil {
		fmt.Fprintln(os.Stderr, "swarm:", err)
		stop()
		os.Exit(1)
	}
}
