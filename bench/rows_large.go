package main

import (
	"strconv"

	"github.com/sockvisor/sockvisor/bench/load"
)

const (
	kiB = 1 << 10
	miB = 1 << 20
)

// limited are the servers as they are set up for messages that are large: the same, with
// their read limits raised.
var limited = []system{
	peer(sockvisor, "sockvisor", "serve"), peer(coder, "coder", "serve"), peer(gorilla, "gorilla", "serve"),
	peer(gws, "gws", "serve"), peer(gobwas, "gobwas", "serve"), peer(gobwasTuned, "gobwas", "tuned"),
}

// largeRows are of messages that no buffer holds.
var largeRows = []row{
	{
		name: "large-echo-64k", title: "echo, 4 connections, 1 in flight each, 64 KiB", unit: "MB/s", per: "MB",
		systems: limited, run: bulk(4, 64*kiB), targets: []target{to(gorilla, 1)},
		note: "MB/s each way; read limits raised to the size of the message",
	}, {
		name: "large-echo-1m", title: "echo, 4 connections, 1 in flight each, 1 MiB", unit: "MB/s", per: "MB",
		systems: limited, run: bulk(4, miB), targets: []target{to(gorilla, 1)},
	}, {
		name: "large-echo-16m", title: "echo, 2 connections, 1 in flight each, 16 MiB", unit: "MB/s", per: "MB",
		also:    []string{peakRSS},
		systems: limited, run: bulk(2, 16*miB), targets: []target{to(gorilla, 1), {gobwasTuned, 1.5, peakRSS}},
		note: "the peak is that of the whole process since its start (VmHWM)",
	}, {
		name: "large-receive", title: "a flood received on one client connection, 1 MiB", unit: "MB/s", per: "MB",
		systems: append(clients("receive"), peer(gobwas, "gobwas", "receive")), run: receiveLarge, targets: []target{to(gorilla, 1)},
	}, {
		name: "large-send", title: "one sender to one connection, 1 MiB", unit: "MB/s", per: "MB",
		systems: append(clients("send"), peer(gobwas, "gobwas", "send")), run: sendLarge, targets: []target{to(gorilla, 1)},
		note: "masked, as a client must; sockvisor: conn.Send until the queue is full, then conn.Flush",
	},
}

const peakRSS = "peak RSS, MB"

func bulk(conns, size int) func(*run) error {
	return func(r *run) error {
		if err := r.start("-limit", strconv.Itoa(size)); err != nil {
			return err
		}
		defer r.process.Kill()
		warm, length := r.length()
		bytes, err := load.Bulk{URL: r.process.URL, Conns: conns, Size: size, Warm: warm, Length: length}.Run(r.begin, r.end)
		if err != nil {
			return err
		}
		peak, err := r.process.Peak()
		r.value, r.also = bytes/1e6, []float64{float64(peak) / 1e6}
		return err
	}
}

func sendLarge(r *run) error { return megabytes(r, sendOf(r, miB, "-limit", strconv.Itoa(miB))) }
func receiveLarge(r *run) error {
	return megabytes(r, receiveOf(r, miB, 100, "-limit", strconv.Itoa(miB)))
}

// megabytes has a rate of messages of 1 MiB be one of bytes.
func megabytes(r *run, err error) error {
	r.value *= miB / 1e6
	return err
}
