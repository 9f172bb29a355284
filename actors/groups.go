package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// StartGroups starts an actor that keeps groups of connections by name. It takes
// messages.Join, Leave and Broadcast. Stop it like any actor.
//
//	groups (by name) ── group ── section 0..N (some of the members)
//
// Its order is that of the senders: a connection that joins gets what is broadcast
// afterwards by whoever knows of it. A request that makes no sense is answered with
// messages.Rejected.
func StartGroups(system *actor.ActorSystem) *actor.PID {
	return system.Root.SpawnPrefix(actor.PropsFromProducer(func() actor.Actor {
		return &groups{byName: make(map[string]*entry)}
	}), "groups")
}

// groups finds the group of a name.
type groups struct{ byName map[string]*entry }

// entry is a group, and how many messages it was sent that may add to it.
type entry struct {
	pid   *actor.PID
	joins uint64
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
		if ctx.Sender() != nil {
			ctx.Respond(&messages.Rejected{Message: ctx.Message(), Err: err})
		}
		return
	}
	switch m := ctx.Message().(type) {
	case *messages.Join:
		e := g.find(ctx, m.Group)
		e.joins++
		ctx.Send(e.pid, m)
	case *messages.Leave:
		g.pass(ctx, m.Group, m)
	case *messages.Broadcast:
		g.pass(ctx, m.Group, m)
	case *emptied:
		g.emptied(ctx, m)
	}
}

func (g *groups) find(ctx actor.Context, name string) *entry {
	if e, ok := g.byName[name]; ok {
		return e
	}
	e := &entry{pid: ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return newGroup(name) }))}
	g.byName[name] = e
	return e
}

// pass gives a message to a group, if there is one.
func (g *groups) pass(ctx actor.Context, name string, m any) {
	if e, ok := g.byName[name]; ok {
		ctx.Send(e.pid, m)
	}
}

func (g *groups) emptied(ctx actor.Context, m *emptied) {
	if e, ok := g.byName[m.name]; ok && e.joins == m.joins {
		delete(g.byName, m.name)
		ctx.Stop(e.pid)
	}
}

// validGroupMessage returns why a message makes no sense, or nil.
func validGroupMessage(message any) error {
	switch m := message.(type) {
	case *messages.Join:
		return present("Join.Conn", m.Conn != nil)
	case *messages.Leave:
		return present("Leave.Conn", m.Conn != nil)
	case *messages.Broadcast:
		if err := present("Broadcast.Message", m.Message != nil); err != nil {
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
	return invalid(field, "must not be nil")
}
