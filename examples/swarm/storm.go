package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/supervisor"
)

// stormPlan is what the flags say to a storm.
type stormPlan struct {
	n       int
	away    time.Duration
	accepts float64 // handshakes a second that the server accepts
	dials   float64 // attempts a second that the governor allows
	burst   int     // and at once
	network network // nil: TCP
}

// network is where a storm rages.
type network interface {
	Listen(addr string) (net.Listener, error)
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// tcp is the network of the machine.
type tcp struct{ net.Dialer }

// Listen implements network.
func (*tcp) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

const (
	stormClients = 5000
	comingBack   = 2 * time.Minute // at most, for all, once the server is back
)

func (p stormPlan) validate() error {
	switch {
	case p.n < 1:
		return errors.New("-n must be at least 1")
	case p.away < time.Second:
		return errors.New("-storm-away must be at least 1s")
	case p.accepts < 1:
		return errors.New("-storm-accepts must be at least 1")
	case p.dials < 1:
		return errors.New("-dials must be at least 1")
	}
	return nil
}

// bound is the most attempts in any second.
func (p stormPlan) bound() int { return int(p.dials) + p.burst }

// storm is a server that goes away, and the clients that come back to it.
type storm struct {
	stormPlan
	swarm
	out    io.Writer
	tally  *tally
	server *stormServer
}

// runStorm connects all, has the server go away and come back, and returns when all
// are back, or an error that says what was not as it should be.
func runStorm(ctx context.Context, out io.Writer, p stormPlan) (err error) {
	if err := p.validate(); err != nil {
		return err
	}
	if p.network == nil {
		p.network = &tcp{}
	}
	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	tally := newTally(p.away + comingBack)
	s := &storm{
		stormPlan: p, swarm: swarm{plan: plan{n: p.n}, log: out}, out: out, tally: tally,
		server: &stormServer{system: system, tally: tally, network: p.network, addr: "127.0.0.1:0"},
	}
	if err := s.server.start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.server.goAway()) }()
	clients, err := supervisor.Start(system,
		supervisor.WithPolicy(supervisor.Exponential(time.Second, 2, 8*time.Second)),
		supervisor.WithHostDialRate(p.dials, p.burst))
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), closing)
		defer cancel()
		err = errors.Join(err, clients.Stop(ctx))
	}()
	if err := s.connectAll(ctx, clients); err != nil {
		return err
	}
	return s.rage(ctx)
}

func (s *storm) connectAll(ctx context.Context, clients *supervisor.Supervisor) error {
	url := "ws://" + s.server.addr + "/"
	for range s.stormPlan.n {
		conn, err := actors.Connect(clients, url, actors.WithHandler(silent), actors.WithDialContext(s.dial))
		if err != nil {
			return err
		}
		s.conns = append(s.conns, conn)
	}
	s.awaitOpen(ctx)
	if open := s.open(); open < s.stormPlan.n {
		return fmt.Errorf("only %d of %d connected", open, s.stormPlan.n)
	}
	return nil
}

// rage is from the cut to the end.
func (s *storm) rage(ctx context.Context) error {
	fmt.Fprintf(s.out, "\nthe server goes away for %v, and then accepts %v handshakes a second\n%s\n", s.away, s.accepts, rowHeader)
	s.tally.start()
	if err := s.server.goAway(); err != nil {
		return err
	}
	took, err := s.awaitBack(ctx)
	if err != nil {
		return err
	}
	busiest := s.tally.busiest()
	fmt.Fprintf(s.out, "\nattempts in the busiest second: %d (the governor allows %v + burst %d)\n", busiest, s.dials, s.burst)
	fmt.Fprintf(s.out, "everyone back after %.1f s, %.1f s of them without a server\n", took.Seconds(), s.away.Seconds())
	if second := s.tally.over(s.dials, s.burst); second >= 0 {
		return fmt.Errorf("more attempts by the end of second %d than the governor allows", second)
	}
	return nil
}

// awaitBack starts the server when its time has come, prints a line a second, and
// returns after how long all were back.
func (s *storm) awaitBack(ctx context.Context) (time.Duration, error) {
	absent := time.NewTimer(s.away - s.tally.elapsed())
	defer absent.Stop()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for second, up := 0, false; ; {
		select {
		case <-absent.C:
			if err := s.server.start(actors.WithAcceptRate(s.accepts, max(1, int(s.accepts)/10))); err != nil {
				return 0, err
			}
			up = true
		case <-ticker.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		elapsed, open := s.tally.elapsed(), s.open()
		for ; second < int(elapsed/time.Second); second++ {
			s.print(second, open)
		}
		if up && open == s.stormPlan.n {
			s.print(second, open)
			return elapsed, nil
		}
		if elapsed > s.away+comingBack {
			return 0, fmt.Errorf("only %d of %d are back after %.0f s", open, s.stormPlan.n, elapsed.Seconds())
		}
	}
}

func (s *storm) print(second, open int) {
	fmt.Fprintln(s.out, s.tally.row(second, open).text(s.bound()))
}

// dial counts the attempt: every one dials once, in its turn.
func (s *storm) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	s.tally.now().attempts.Add(1)
	return s.network.DialContext(ctx, network, addr)
}
