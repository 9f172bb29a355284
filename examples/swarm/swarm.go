package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/schollz/progressbar/v3"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// plan is what the flags say.
type plan struct {
	url    string
	n      int
	length time.Duration
	rate   float64
	size   int
}

func (p plan) validate() error {
	switch {
	case p.n < 1:
		return errors.New("-n must be at least 1")
	case p.length <= 0:
		return errors.New("-for must be positive")
	case p.rate < 0:
		return errors.New("-rate must not be negative")
	case p.size < stampSize:
		return fmt.Errorf("-size must be at least %d: a message carries its time", stampSize)
	}
	return nil
}

const (
	connecting = time.Minute            // at most, for all to open
	look       = 100 * time.Millisecond // at the progress
	closing    = 30 * time.Second       // at most, for all to close
)

// run connects, sends until the time is over or ctx ends, and closes.
func run(ctx context.Context, log io.Writer, p plan) (*summary, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	sup, err := supervisor.Start(system,
		supervisor.WithPolicy(supervisor.Exponential(time.Second, 2, 5*time.Second)))
	if err != nil {
		return nil, err
	}
	s := &swarm{plan: p, log: log, root: system.Root}
	if err := s.connect(sup); err != nil {
		return nil, err
	}
	began := time.Now()
	s.awaitOpen(ctx)
	s.send(ctx)
	summary := s.summarize(time.Since(began))
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	return summary, sup.Stop(ctx)
}

// swarm is the connections and what they publish.
type swarm struct {
	plan
	log     io.Writer
	root    *actor.RootContext
	conns   []*actors.Conn
	figures figures

	lastSent, lastReceived int64 // of the line before
}

func (s *swarm) connect(sup *supervisor.Supervisor) error {
	s.figures.collector = s.root.Spawn(actor.PropsFromProducer(newCollector))
	for range s.n {
		conn, err := actors.Connect(sup, s.url, actors.WithHandler(func() actor.Actor {
			return &client{figures: &s.figures}
		}))
		if err != nil {
			return err
		}
		s.conns = append(s.conns, conn)
	}
	return nil
}

// open counts the connections that are open now.
func (s *swarm) open() (n int) {
	for _, conn := range s.conns {
		if conn.ReadyState() == messages.StateOpen {
			n++
		}
	}
	return n
}

// awaitOpen shows a progress bar until all are open.
func (s *swarm) awaitOpen(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	bar := progressbar.NewOptions(s.n, progressbar.OptionSetWriter(s.log),
		progressbar.OptionSetDescription("connecting"), progressbar.OptionShowCount(),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(s.log) }))
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		n := s.open()
		_ = bar.Set(n)
		if n == s.n {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			fmt.Fprintln(s.log)
			return
		}
	}
}

// send sends at the rate of all connections together, in turn, and prints a line a
// second.
func (s *swarm) send(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.length)
	defer cancel()
	pace, line := time.NewTicker(5*time.Millisecond), time.NewTicker(time.Second)
	defer pace.Stop()
	defer line.Stop()
	began, turn := time.Now(), 0
	for {
		select {
		case <-pace.C:
			due := int(time.Since(began).Seconds() * s.rate * float64(s.n))
			for ; turn < due && ctx.Err() == nil; turn++ {
				s.figures.send(s.conns[turn%s.n], s.size)
			}
		case <-line.C:
			fmt.Fprintln(s.log, s.line())
		case <-ctx.Done():
			return
		}
	}
}

// quiet leaves only warnings of protoactor's log.
func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
