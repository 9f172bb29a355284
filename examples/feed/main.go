// Feed keeps the order books of three exchanges, each with a heartbeat of its own,
// while their sockets are cut and frozen, and proves at the end that every book is
// exactly the exchange's. The exchanges are servers in the same process.
//
//	go run ./examples/feed
//	go run ./examples/feed -for 30s -rate 1000 -seed 7
//
//	exchange (a server) ── connection ── feed (handler) ─┬─ book BTC
//	                                                     ├─ book ETH
//	                                                     └─ book SOL
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/supervisor"
)

const (
	catchingUp = 20 * time.Second         // at most
	closing    = 5 * time.Second          // at most
	quietSpell = 2 * (interval + timeout) // in which only heartbeats are sent
)

// plan is what the flags say.
type plan struct {
	length time.Duration
	cuts   time.Duration // from one to the next, on average
	seed   uint64
	rate   float64
}

func newPlan(length time.Duration, seed uint64, rate float64) plan {
	return plan{length: length, cuts: length / 8, seed: seed, rate: rate}
}

func (p plan) validate() error {
	switch {
	case p.length < time.Second:
		return errors.New("-for must be at least 1s")
	case p.rate <= 0:
		return errors.New("-rate must be positive")
	}
	return nil
}

func main() {
	length := flag.Duration("for", 8*time.Second, "how long the exchanges trade and their sockets fail")
	seed := flag.Uint64("seed", 1, "of the changes and of the times of the cuts")
	rate := flag.Float64("rate", 500, "changes a second, of each of the nine books")
	flag.Parse()
	outcomes, err := run(os.Stdout, newPlan(*length, *seed, *rate))
	if err == nil {
		printTable(os.Stdout, outcomes)
		err = checkAll(outcomes)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "feed:", err)
		os.Exit(1)
	}
	fmt.Println("\nevery book is the exchange's own")
}

// run trades for the time of the plan, has the client catch up, and returns what both
// sides then say.
func run(out io.Writer, p plan) ([]*outcome, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	sup, err := supervisor.Start(system,
		supervisor.WithPolicy(supervisor.Exponential(50*time.Millisecond, 2, 400*time.Millisecond)))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "nine books change %v times a second for %v, and every socket fails every %v or so\n",
		p.rate, p.length, p.cuts)
	clients, err := connectAll(sup, log.New(out, "", 0), p)
	if err == nil {
		time.Sleep(p.length)
		err = catchUp(clients)
	}
	var outcomes []*outcome
	if err == nil {
		outcomes = afterQuietSpell(clients)
	}
	return outcomes, errors.Join(err, stop(sup, clients))
}

// connectAll starts the exchanges and connects to them.
func connectAll(sup *supervisor.Supervisor, log *log.Logger, p plan) (clients []*client, err error) {
	began := time.Now()
	for i, name := range []string{"alpha", "bravo", "charlie"} {
		x, err := startExchange(name, p.seed+uint64(i), p)
		if err != nil {
			return clients, err
		}
		c, err := connect(sup, x, log, began)
		if err != nil {
			return clients, errors.Join(err, x.stop(context.Background()))
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// catchUp halts the exchanges and waits until the client knows all.
func catchUp(clients []*client) error {
	ctx, cancel := context.WithTimeout(context.Background(), catchingUp)
	defer cancel()
	for _, c := range clients {
		c.halt()
	}
	for _, c := range clients {
		if err := c.catchUp(ctx); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// afterQuietSpell returns the outcomes after a time in which there are only
// heartbeats, which must keep the sockets open.
func afterQuietSpell(clients []*client) (all []*outcome) {
	before := make([]uint64, len(clients))
	for i, c := range clients {
		before[i] = c.conn.Epoch()
	}
	time.Sleep(quietSpell)
	for i, c := range clients {
		o := c.outcome()
		o.quietEpochs = o.epochs - before[i]
		all = append(all, o)
	}
	return all
}

// stop ends the client, then the exchanges.
func stop(sup *supervisor.Supervisor, clients []*client) error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	err := sup.Stop(ctx)
	for _, c := range clients {
		err = errors.Join(err, c.stop(ctx))
	}
	return err
}

// quiet leaves only warnings of protoactor's log.
func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
