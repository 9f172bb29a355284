package main

import (
	"context"
	"errors"
	"time"

	"github.com/sockvisor/sockvisor/bench/load"
)

// heartbeats is the CPU that idle connections with a heartbeat take. Both systems
// run at the same time, so that whatever else the machine does concerns both.
var heartbeats = row{
	name: "heartbeat", title: "CPU of idle connections with a 20 s heartbeat", unit: "% of a core", less: true,
	systems: []system{echoServer, peer(coder, "coder", "ping")}, targets: []target{to(coder, 1)},
}

func (m *measurement) heartbeats(ctx context.Context) (res result, err error) {
	const interval = 20 * time.Second
	runs := make([]run, len(heartbeats.systems))
	measured := make([][]run, len(runs))
	for i, s := range heartbeats.systems {
		if err := m.build(s.pkg); err != nil {
			return res, err
		}
		r := &runs[i]
		*r = run{options: m.options, system: s, path: m.programs[s.pkg]}
		if err := r.start(); err != nil {
			return res, err
		}
		defer r.process.Kill()
		held, err := load.Hold(r.process.URL, r.connections(), load.Hello{})
		if err != nil {
			return res, err
		}
		defer func() { err = errors.Join(err, held.Close()) }()
	}
	rounds := m.runs
	if m.quick {
		rounds = 1
	}
	bar := m.bar(rounds+1, heartbeats.name)
	for round := range rounds + 1 { // in the first there is no heartbeat yet
		for i := range runs {
			runs[i].begin()
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return res, ctx.Err()
		}
		for i := range runs {
			runs[i].end()
			if runs[i].value = 100 * runs[i].work; round > 0 {
				measured[i] = append(measured[i], runs[i])
			}
		}
		_ = bar.Add(1)
	}
	_ = bar.Close()
	return summarize(heartbeats, measured), nil
}
