package main

import (
	"slices"

	"github.com/sockvisor/sockvisor/bench/load"
)

// idleRows are of connections that are silent: from the start, after they had something to
// say once, and where the library has something to keep for the next time.
var idleRows = []row{
	{
		name: "idle-server", title: "an idle server connection, RSS after GC", unit: "bytes", less: true,
		systems: idleServers, note: "RSS over that of the program without connections, after FreeOSMemory; 9,000 connections",
		run: idleServer(9000, load.Hello{}), targets: []target{to(coder, 0.5)},
	}, {
		name: "idle-client", title: "an idle client connection, RSS after GC", unit: "bytes", less: true,
		systems: idleClients, run: idleClient(9000, false, 0), targets: []target{to(coder, 1.05)},
	}, {
		name: "idle-after-server", title: "an idle server connection after a message each way, RSS after GC", unit: "bytes", less: true,
		systems: idleServers, run: idleServer(9000, load.Plain(messageSize)), targets: []target{to(gws, 1)},
	}, {
		name: "idle-after-client", title: "an idle client connection after a message each way, RSS after GC", unit: "bytes", less: true,
		systems: idleClients, run: idleClient(9000, false, messageSize), targets: []target{to(gws, 1)},
	}, {
		name: "idle-deflate", title: "an idle server connection after a compressed message each way, RSS after GC", unit: "bytes", less: true,
		systems: compressing, run: idleServer(3000, load.Deflated(4*kiB, false), "-deflate", "no-takeover"),
		note: "4 KiB of JSON; no context takeover; 3,000 connections", targets: []target{to(gorilla, 1)},
	}, {
		name: "idle-takeover", title: "an idle server connection after a compressed message each way, with context takeover, RSS after GC",
		unit: "bytes", less: true,
		systems: without(compressing, gorilla), run: idleServer(1800, load.Deflated(4*kiB, true), "-deflate", "takeover"),
		note: "4 KiB of JSON; 1,800 connections; gorilla has no takeover", targets: []target{to(coder, 1)},
	},
}

var (
	idleClients = append(clients("idle"), peer(gobwas, "gobwas", "idle"))
	compressing = without(limited, gobwas, gobwasTuned)
)

func without(systems []system, names ...string) []system {
	return slices.DeleteFunc(slices.Clone(systems), func(s system) bool { return slices.Contains(names, s.name) })
}
