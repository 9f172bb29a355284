package main

import (
	"errors"
	"time"

	"github.com/sockvisor/sockvisor/bench/load"
)

const (
	p50  = "p50, us"
	p99  = "p99, us"
	p999 = "p99.9, us"
	held = "RSS/connection, bytes"
)

var withTCP = append(servers[:len(servers):len(servers)], plainTCP)

// latencyRows are of servers that have time to spare: the tail, and what a fleet costs.
var latencyRows = []row{
	{
		name: "latency-100", title: "10,000 echoes/s over 100 connections, open loop: p99 of the latency, 64 B", unit: "us", less: true,
		also: []string{p50, p999}, systems: withTCP, run: latency(100), targets: []target{to(coder, 1.1), {coder, 1.1, p999}},
		note: "from when each message was due, whether it could be sent or not; plain TCP shows what is the generator's and the machine's",
	}, {
		name: "latency-5000", title: "10,000 echoes/s over 5,000 connections, open loop: p99 of the latency, 64 B", unit: "us", less: true,
		also: []string{p50, p999}, systems: withTCP, run: latency(5000), targets: []target{to(coder, 1.1), {coder, 1.1, p999}},
	}, {
		name: "fleet", title: "9,000 connections, 1 echo a second each, open loop: CPU, 64 B", unit: "% of a core", less: true,
		also: []string{p50, p99, p999, held}, systems: servers, run: fleet,
		targets: []target{to(coder, 1), {coder, 1, p99}, {gws, 1.1, held}},
	},
}

func latency(conns int) func(*run) error {
	return func(r *run) error {
		if err := r.start(); err != nil {
			return err
		}
		defer r.process.Kill()
		_, length := r.length()
		all, err := r.paced(conns, 10_000, time.Second, length, func() {}) // by then each connection was used
		r.value, r.also = at(all, 99), []float64{at(all, 50), at(all, 99.9)}
		return err
	}
}

// fleet is a second of silence on each connection between two messages. Its memory is
// what it is meanwhile, with what waits for the garbage collector.
func fleet(r *run) error {
	if err := r.start(); err != nil {
		return err
	}
	defer r.process.Kill()
	before, err := r.settled()
	if err != nil {
		return err
	}
	n := r.some(9000)
	_, length := r.length()
	var resident int64
	var unread error
	all, err := r.paced(n, n, time.Second, 2*length, func() { resident, unread = r.process.RSS() })
	r.value = 100 * r.work
	r.also = []float64{at(all, 50), at(all, 99), at(all, 99.9), (float64(resident) - before) / float64(n)}
	return errors.Join(err, unread)
}

// paced calls atEnd while all connections are still open.
func (r *run) paced(conns, rate int, warm, length time.Duration, atEnd func()) (load.Latencies, error) {
	return load.Paced{URL: r.process.URL, Plain: r.name == tcp, Conns: conns, Rate: rate, Size: messageSize, Warm: warm, Length: length}.Run(r.begin, func() {
		r.end()
		atEnd()
	})
}

// at is a percentile, in microseconds.
func at(all load.Latencies, percent float64) float64 { return float64(all.At(percent)) / 1e3 }
