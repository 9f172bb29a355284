package main

import (
	"slices"

	"github.com/sockvisor/sockvisor/bench/load"
)

const (
	sockvisor = "sockvisor"
	coder     = "coder/websocket"
	gorilla   = "gorilla/websocket"
	gws       = "lxzan/gws"
	gobwas    = "gobwas/ws"
	nbio      = "lesismal/nbio"
	melody    = "olahol/melody"
	tcp       = "plain TCP"

	coderTuned   = "coder tuned"
	gorillaTuned = "gorilla tuned"
	gwsTuned     = "gws tuned"
	gobwasTuned  = "gobwas tuned"

	messageSize = 64
)

// setups is how each system is set up: as well as its documentation allows.
const setups = `
sockvisor          examples/echo, and its defaults: a handler actor, 20 s heartbeat; large messages: WithReadLimit, WithQueue
coder/websocket    a goroutine of its own a connection, Reader into a reused buffer, contexts without deadline
gorilla/websocket  likewise; 1 KiB buffers (64 KiB to send large messages), those for writing from a pool; the hub of its chat example, messages prepared once
lxzan/gws          its ReadLoop and pooled messages; 1 KiB read buffers; its Broadcaster
gobwas/ws          frames straight from the socket to a reused buffer; header and payload in one write
... tuned          with a buffer below it that is written before the next read of the socket; 16 KiB buffers
lesismal/nbio      its poller and its HTTP server; WriteMessage to each member of a room
olahol/melody      its defaults
plain TCP          no WebSocket: it sends the bytes back; the limit
uWebSockets        left out: C++, whose source no Go module brings
`

var (
	echoServer = system{name: sockvisor, pkg: "../examples/echo"}
	servers    = []system{
		echoServer, peer(coder, "coder", "serve"), peer(gorilla, "gorilla", "serve"), peer(gws, "gws", "serve"),
		peer(gobwas, "gobwas", "serve"),
	}
	idleServers = append(servers[:len(servers):len(servers)], peer(nbio, "nbio", "serve"))
	plainTCP    = peer(tcp, "tcp", "serve")
	// tunedServers are those of the peers that are given buffers: see systems/tuned.
	tunedServers = []system{
		peer(coderTuned, "coder", "tuned"), peer(gorillaTuned, "gorilla", "tuned"), peer(gwsTuned, "gws", "tuned"),
		peer(gobwasTuned, "gobwas", "tuned"),
	}
	echoServers = slices.Concat(servers, tunedServers, []system{plainTCP})
)

func peer(name, pkg, role string) system {
	return system{name: name, pkg: "./systems/" + pkg, role: role}
}

// clients are the systems that have a role as a client.
func clients(role string) []system {
	return []system{
		peer(sockvisor, "sockvisor", role), peer(coder, "coder", role), peer(gorilla, "gorilla", role), peer(gws, "gws", role),
	}
}

var smallRows = []row{
	{
		name: "echo64", title: "echo, 100 connections, 64 in flight each, 64 B", unit: "messages/s", per: "message",
		systems: echoServers, note: "binary; the generator is one goroutine with epoll",
		run: echo(64), targets: []target{to(coder, 1.8), to(gwsTuned, 0.95)},
	}, {
		name: "echo1", title: "echo, 100 connections, 1 in flight each, 64 B", unit: "messages/s", per: "message",
		systems: echoServers, run: echo(1), targets: []target{to(coder, 0.95)},
	}, {
		name: "send", title: "one sender to one connection, 64 B", unit: "messages/s", per: "message",
		systems: clients("send"), note: "sockvisor: conn.Send from one goroutine, which yields while the queue is full",
		run: send, targets: []target{to(coder, 2)},
	}, {
		name: "receive", title: "a flood received on one client connection, 64 B", unit: "messages/s", per: "message",
		systems: clients("receive"), run: receive, targets: []target{to(coder, 0.7)},
	}, {
		name: "broadcast", title: "broadcast of 64 B to 5,000 connections, until the last has it", unit: "broadcasts/s", per: "broadcast",
		systems: append(hubs[:len(hubs):len(hubs)], peer(melody, "melody", "hub")),
		note:    "gorilla: its chat example with messages prepared once; sockvisor: groups",
		run:     broadcast(0, 5000), targets: []target{to(gorilla, 1.1), to(gws, 1.1), to(nbio, 1.1)},
	}, {
		name: "rooms", title: "100 rooms of 50, a message of 64 B in each, until the last has it", unit: "rounds/s", per: "round",
		systems: hubs, run: broadcast(100, 50), targets: []target{to(gorilla, 1.1), to(gws, 1.1), to(nbio, 1.1)},
	},
}

// hubs are the systems that can broadcast to rooms.
var hubs = []system{
	peer(sockvisor, "sockvisor", "hub"), peer(gorilla, "gorilla", "hub"), peer(gws, "gws", "hub"), peer(nbio, "nbio", "hub"),
}

func echo(inFlight int, args ...string) func(*run) error {
	return func(r *run) error {
		if err := r.start(args...); err != nil {
			return err
		}
		defer r.process.Kill()
		warm, length := r.length()
		var err error
		r.value, err = load.Echo{
			URL: r.process.URL, Plain: r.name == tcp, Conns: 100, InFlight: inFlight, Size: messageSize,
			Warm: warm, Length: length,
		}.Run(r.begin, r.end)
		return err
	}
}
