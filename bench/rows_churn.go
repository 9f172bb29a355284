package main

import (
	"strconv"
	"time"

	"github.com/sockvisor/sockvisor/bench/load"
)

const (
	oneShared = "one shared handler"

	perSecond = "connections/s"
	atATime   = 8
)

// churnRows are of connections that do not stay, and of feeds that come together.
var churnRows = []row{
	{
		name: "handshake-server", title: "accept a connection, close it: CPU at the server", unit: "us", less: true, also: []string{perSecond},
		systems: idleServers, run: churnServer, targets: []target{to(coder, 1.15)},
		note: "TCP, HTTP and the closing handshake of a client, 8 at a time",
	}, {
		name: "handshake-client", title: "open a connection, close it: CPU at the client", unit: "us", less: true, also: []string{perSecond},
		systems: append(clients("churn"), peer(gobwas, "gobwas", "churn")), run: churnClient, targets: []target{to(coder, 1.15)},
		note: "8 at a time; lxzan/gws does not wait for the answer to its close frame, the others do",
	}, {
		name: "forward", title: "1,000 feeds, flat out, a handler each, which forwards to one actor", unit: "messages/s", per: "message",
		also:    []string{peakRSS},
		systems: []system{peer(sockvisor, "sockvisor", "forward"), peer(oneShared, "sockvisor", "shared")},
		run:     forward, targets: []target{to(oneShared, 0.7)},
		note: "64 B, counted where they arrive; beside it the same feeds with one handler for all (WithHandlerPID), which gives credit",
	},
}

func churnServer(r *run) error {
	if err := r.start(); err != nil {
		return err
	}
	defer r.process.Kill()
	warm, length := r.length()
	rate, err := load.Churn{URL: r.process.URL, Clients: atATime, Warm: warm, Length: length}.Run(r.begin, r.end)
	r.value, r.also = 1e6*r.work/rate, []float64{rate}
	return err
}

func churnClient(r *run) error {
	server, err := load.Serve(false, 0)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := r.start("-url", server.URL, "-n", strconv.Itoa(atATime)); err != nil {
		return err
	}
	defer r.process.Kill()
	warm, length := r.length()
	rate := server.Rate(warm, length, r.begin, r.end)
	r.value, r.also = 1e6*r.work/rate, []float64{rate}
	return nil
}

func forward(r *run) error {
	feeds, err := load.Feed(messageSize)
	if err != nil {
		return err
	}
	defer feeds.Close()
	if err := r.start("-url", feeds.URL, "-n", "1000"); err != nil {
		return err
	}
	defer r.process.Kill()
	if _, err := r.process.Line(); err != nil { // it says that all are open
		return err
	}
	warm, length := r.length()
	time.Sleep(warm)
	before, err := r.process.Count()
	if err != nil {
		return err
	}
	r.begin()
	time.Sleep(length)
	after, err := r.process.Count()
	if err != nil {
		return err
	}
	r.value = float64(after-before) / time.Since(r.began).Seconds()
	r.end()
	peak, err := r.process.Peak()
	r.also = []float64{float64(peak) / 1e6}
	return err
}
