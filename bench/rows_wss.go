package main

import (
	"slices"

	"github.com/sockvisor/sockvisor/bench/load"
)

var (
	secured      = without(limited, gobwasTuned)
	secureEchoes = slices.Concat(secured, tunedServers)
)

// wssRows are of TLS 1.3, with a certificate that the server makes at its start.
var wssRows = []row{
	{
		name: "wss64", title: "wss echo, 100 connections, 64 in flight each, 64 B", unit: "messages/s", per: "message",
		systems: secureEchoes, run: echo(64, "-tls"), targets: []target{to(gorillaTuned, 0.95)},
		note: "TLS 1.3 on both sides; the generator is crypto/tls too, and takes as much as the system",
	}, {
		name: "wss1", title: "wss echo, 100 connections, 1 in flight each, 64 B", unit: "messages/s", per: "message",
		systems: secureEchoes, run: echo(1, "-tls"), targets: []target{to(coder, 0.95)},
	}, {
		name: "wss-idle-server", title: "an idle wss server connection, RSS after GC", unit: "bytes", less: true,
		systems: append(secured[:len(secured):len(secured)], peer(nbio, "nbio", "serve")), run: idleServer(3000, load.Hello{}, "-tls"), targets: []target{to(gobwas, 1)},
		note: "3,000 connections",
	}, {
		name: "wss-idle-client", title: "an idle wss client connection, RSS after GC", unit: "bytes", less: true,
		systems: idleClients, run: idleClient(3000, true, 0), targets: []target{to(gobwas, 1.05)},
	},
}
