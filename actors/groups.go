package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/groups"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// StartGroups starts an actor that keeps groups of connections by name. It takes
// messages.Join, Leave and Broadcast. Stop it like any actor.
//
//	groups (by name) ── group ── shard 0..N (some of the members)
//
// Its order is that of the senders: a connection that joins gets what is broadcast
// afterwards by whoever knows of it. A request that makes no sense is answered with
// messages.Rejected, or rejected as a connection does.
func StartGroups(system *actor.ActorSystem) *actor.PID {
	return groups.Start(system, child.Contain(system))
}
