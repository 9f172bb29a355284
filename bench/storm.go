package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/sockvisor/sockvisor/bench/process"
	"github.com/sockvisor/sockvisor/supervisor"
)

// away is how long the server of a storm is gone.
const away = 5 * time.Second

// storm kills a server under its clients and starts it again.
var storm = row{
	name: "storm", title: "9,000 clients, their server killed and gone for 5 s: from its return until all are open again",
	unit: "s", less: true,
	systems: []system{{name: sockvisor}, {name: expectation}},
	targets: []target{to(expectation, 1.25)},
	note:    "backoff from 1 s, doubled up to 8 s, with full jitter; the governor at its default of 1,000 attempts a second",
}

const expectation = "the policy's own expectation"

func (m *measurement) storm(ctx context.Context) (result, error) {
	for _, pkg := range []string{echoServer.pkg, "./systems/sockvisor"} {
		if err := m.build(pkg); err != nil {
			return result{}, err
		}
	}
	rounds := m.runs
	if m.quick {
		rounds = 1
	}
	measured := make([][]run, 2)
	r := run{options: m.options}
	n := r.connections()
	bar := m.bar(rounds, storm.name)
	for range rounds {
		took, err := m.oneStorm(ctx, n)
		if err != nil {
			return result{}, err
		}
		measured[0] = append(measured[0], run{value: took.Seconds()})
		measured[1] = append(measured[1], run{value: expected(n).Seconds()})
		_ = bar.Add(1)
	}
	_ = bar.Close()
	return summarize(storm, measured), nil
}

func (m *measurement) oneStorm(ctx context.Context, n int) (time.Duration, error) {
	addr, err := freeAddress()
	if err != nil {
		return 0, err
	}
	serve := func() (*process.Process, error) { return process.Start(m.programs[echoServer.pkg], 1, "-addr", addr) }
	server, err := serve()
	if err != nil {
		return 0, err
	}
	clients, err := process.Start(m.programs["./systems/sockvisor"], 0, "-role", "idle", "-n", strconv.Itoa(n), "-url", server.URL)
	if err != nil {
		server.Kill()
		return 0, err
	}
	defer clients.Kill()
	if _, err := clients.Line(); err != nil {
		server.Kill()
		return 0, err
	}
	server.Kill()
	select {
	case <-time.After(away):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	began := time.Now()
	if server, err = serve(); err != nil {
		return 0, err
	}
	defer server.Kill()
	for lost := false; time.Since(began) < time.Minute; {
		open, _, err := standing(clients)
		if err != nil {
			return 0, err
		}
		lost = lost || open < n // what it printed before is read too
		if lost && open == n {
			return time.Since(began), nil
		}
	}
	return 0, errors.New("not all came back")
}

// standing reads how many connections of a program are open, and the attempts.
func standing(p *process.Process) (open, attempts int, err error) {
	line, err := p.Line()
	if err == nil {
		_, err = fmt.Sscan(strings.TrimPrefix(line, "open "), &open)
	}
	_, _ = fmt.Sscan(line, new(string), &attempts)
	return open, attempts, err
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// expected is when the last of n clients tries again for the first time after the
// server's return, if attempts take no time: the mean of some simulations.
func expected(n int) time.Duration {
	policy := supervisor.Exponential(time.Second, 2, 8*time.Second)
	const simulations = 50
	sum := time.Duration(0)
	for range simulations {
		random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
		last := time.Duration(0)
		for range n {
			at := time.Duration(0)
			for attempt := 1; at < away; attempt++ {
				delay, _ := policy.Next(supervisor.Failures{Attempts: attempt}, random)
				at += delay
			}
			last = max(last, at-away)
		}
		sum += last
	}
	return sum / simulations
}
