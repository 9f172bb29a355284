package groups

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// shardSize is how many members one actor sends to. A broadcast to a large
// group is fanned out by several at the same time; a member stays in its shard,
// so that its order is kept.
const shardSize = 512

// group is the members of one name.
type group struct {
	out        Out
	shardProps *actor.Props
	name       string
	groups     *actor.PID
	joins      uint64
	members    table[connKey, *shardEntry]
	shards     []*shardEntry
}

// shardEntry is the group's view of the actor that sends to some of the members.
type shardEntry struct {
	pid  *actor.PID
	size int
}

// connKey is a connection, of this process or another.
type connKey struct{ address, id string }

func keyOf(conn *actor.PID) connKey { return connKey{conn.Address, conn.Id} }

// Receive implements actor.Actor.
func (g *group) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Join:
		g.joins++
		g.join(ctx, m.Conn)
	case *messages.Leave:
		g.leave(m.Conn)
	case *messages.Broadcast:
		for _, s := range g.shards {
			g.out.Send(s.pid, m)
		}
	case *actor.Stopping:
		for _, s := range g.shards {
			g.out.Poison(s.pid)
		}
	}
}

func (g *group) join(ctx actor.Context, conn *actor.PID) {
	if _, member := g.members.get(keyOf(conn)); member {
		return
	}
	s := g.roomy(ctx)
	s.size++
	g.members.set(keyOf(conn), s)
	g.out.Send(s.pid, &enter{conn})
}

// roomy returns a shard with room, the first of them, so that all but the last
// stay full.
func (g *group) roomy(ctx actor.Context) *shardEntry {
	for _, s := range g.shards {
		if s.size < shardSize {
			return s
		}
	}
	s := &shardEntry{pid: spawnApart(ctx, g.shardProps)}
	g.shards = append(g.shards, s)
	return s
}

func (g *group) leave(conn *actor.PID) {
	s, member := g.members.get(keyOf(conn))
	if !member {
		return
	}
	g.members.remove(keyOf(conn))
	g.out.Send(s.pid, &exit{conn})
	if s.size--; s.size == 0 {
		g.out.Poison(s.pid) // behind what its members have yet to get
		g.shards = slices.DeleteFunc(g.shards, func(each *shardEntry) bool { return each == s })
	}
	if g.members.size() == 0 {
		g.out.Send(g.groups, &emptied{name: g.name, joins: g.joins})
	}
}

// spawnApart spawns an actor that its creator stops. Not with ctx.Spawn: protoactor's
// set of children keeps room for as many as there ever were.
func spawnApart(ctx actor.Context, props *actor.Props) *actor.PID {
	system := ctx.ActorSystem()
	pid, err := actor.DefaultSpawner(system, ctx.Self().Id+"/"+system.ProcessRegistry.NextId(), props, system.Root)
	if err != nil {
		panic(err) // the id is a new one
	}
	return pid
}
