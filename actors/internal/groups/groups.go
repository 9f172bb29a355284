// Package groups keeps groups of connections by name, and sends to them. To it a
// connection is a mailbox that takes a broadcast: it knows nothing of sockets and queues.
//
//	groups (by name) ── group ── shard 0..N (some of the members)
package groups

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// Out is how it sends, and what it does with messages that it has no use for. Code of the
// user's may run in there, and hurts nobody.
type Out interface {
	mailbox.Guard
	Send(to *actor.PID, message any)
	Poison(who *actor.PID)
	RejectTo(ctx actor.Context, why error)
	RejectUnknown(ctx actor.Context)
}

// Start starts the groups of a system, which take messages.Join, Leave and Broadcast.
func Start(system *actor.ActorSystem, out Out) *actor.PID {
	producer := func() actor.Actor { return &groups{out: out, shards: shardProps(out)} }
	return system.Root.SpawnPrefix(props(producer, out), "groups")
}

// groups finds the group of a name, and those of a connection that has ended. It
// watches each connection once, in however many groups that is: protoactor's set of
// who watches keeps room for as many as there ever were, and the last of them alive.
type groups struct {
	out    Out
	shards *actor.Props // of all of them
	byName table[string, *entry]
	byConn table[connKey, *memberships]
}

// entry is a group, and how many messages it was sent that may add to it.
type entry struct {
	pid   *actor.PID
	joins uint64
}

// memberships are the groups of a connection.
type memberships struct {
	conn *actor.PID
	of   []*entry
}

// emptied says that a group has no member left, after so many joins. If more are
// under way it is kept.
type emptied struct {
	name  string
	joins uint64
}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: the groups may
// have been stopped over it.
func (*emptied) IgnoreDeadLetterLogging() {}

// Receive implements actor.Actor.
func (g *groups) Receive(ctx actor.Context) {
	if err := validGroupMessage(ctx.Message()); err != nil {
		g.out.RejectTo(ctx, err)
		return
	}
	switch m := ctx.Message().(type) {
	case *messages.Join:
		e := g.find(ctx, m.Group)
		e.joins++
		g.note(ctx, m.Conn, e)
		g.out.Send(e.pid, m)
	case *messages.Leave:
		if e, ok := g.byName.get(m.Group); ok {
			g.forget(ctx, m.Conn, e)
			g.out.Send(e.pid, m)
		}
	case *messages.Broadcast:
		if e, ok := g.byName.get(m.Group); ok {
			g.out.Send(e.pid, m)
		}
	case *actor.Terminated:
		g.ended(m.Who)
	case *emptied:
		g.emptied(m)
	case *actor.Stopping:
		g.stop(ctx)
	default:
		g.out.RejectUnknown(ctx)
	}
}

func (g *groups) find(ctx actor.Context, name string) *entry {
	if e, ok := g.byName.get(name); ok {
		return e
	}
	parent := ctx.Self()
	producer := func() actor.Actor { return &group{out: g.out, shardProps: g.shards, name: name, groups: parent} }
	e := &entry{pid: spawnApart(ctx, props(producer, g.out))}
	g.byName.set(name, e)
	return e
}

// note notes that a connection is in a group.
func (g *groups) note(ctx actor.Context, conn *actor.PID, e *entry) {
	m, known := g.byConn.get(keyOf(conn))
	if !known {
		m = &memberships{conn: conn}
		g.byConn.set(keyOf(conn), m)
		g.out.Do(func() { ctx.Watch(conn) }) // also of one that is gone already: it terminates at once
	}
	if !slices.Contains(m.of, e) {
		m.of = append(m.of, e)
	}
}

// forget forgets that a connection is in a group.
func (g *groups) forget(ctx actor.Context, conn *actor.PID, e *entry) {
	m, known := g.byConn.get(keyOf(conn))
	if !known {
		return
	}
	if at, last := slices.Index(m.of, e), len(m.of)-1; at >= 0 {
		m.of[at], m.of[last] = m.of[last], nil
		m.of = m.of[:last]
	}
	if len(m.of) == 0 {
		g.byConn.remove(keyOf(conn))
		unwatch(ctx, conn)
	}
}

// ended has a connection leave its groups.
func (g *groups) ended(conn *actor.PID) {
	m, known := g.byConn.get(keyOf(conn))
	if !known {
		return
	}
	g.byConn.remove(keyOf(conn))
	for _, e := range m.of {
		g.out.Send(e.pid, &messages.Leave{Conn: conn})
	}
}

func (g *groups) emptied(m *emptied) {
	if e, ok := g.byName.get(m.name); ok && e.joins == m.joins {
		g.byName.remove(m.name)
		g.out.Stop(e.pid)
	}
}

func (g *groups) stop(ctx actor.Context) {
	for _, m := range g.byConn.entries {
		unwatch(ctx, m.conn)
	}
	for _, e := range g.byName.entries {
		g.out.Stop(e.pid)
	}
}

// unwatch watches no longer what may have ended.
func unwatch(ctx actor.Context, who *actor.PID) {
	if _, there := ctx.ActorSystem().ProcessRegistry.Get(who); there {
		ctx.Unwatch(who)
	}
}

// validGroupMessage returns why a message makes no sense, or nil.
func validGroupMessage(message any) error {
	switch m := message.(type) {
	case *messages.Join:
		return present("Join.Conn", m != nil && m.Conn != nil)
	case *messages.Leave:
		return present("Leave.Conn", m != nil && m.Conn != nil)
	case *messages.Broadcast:
		if err := present("Broadcast.Message", m != nil && m.Message != nil); err != nil {
			return err
		}
		return m.Message.Validate()
	}
	return nil
}

func present(field string, is bool) error {
	if is {
		return nil
	}
	return &messages.OptionError{Option: field, Problem: "must not be nil"}
}
