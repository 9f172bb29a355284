package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// sectionSize is how many members one actor sends to. A broadcast to a large
// group is fanned out by several at the same time; a member stays in its section,
// so that its order is kept.
const sectionSize = 512

// group is the members of one name.
type group struct {
	name     string
	joins    uint64
	members  map[string]*section // by the id of the connection
	sections []*section
}

// section is the group's view of the actor that sends to some of the members.
type section struct {
	pid  *actor.PID
	size int
}

func newGroup(name string) *group { return &group{name: name, members: make(map[string]*section)} }

// Receive implements actor.Actor.
func (g *group) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Join:
		g.joins++
		g.join(ctx, m.Conn)
	case *messages.Leave:
		if _, member := g.members[m.Conn.Id]; member {
			ctx.Unwatch(m.Conn)
			g.leave(ctx, m.Conn)
		}
	case *actor.Terminated:
		g.leave(ctx, m.Who)
	case *messages.Broadcast:
		for _, s := range g.sections {
			ctx.Send(s.pid, m)
		}
	}
}

func (g *group) join(ctx actor.Context, conn *actor.PID) {
	if _, member := g.members[conn.Id]; member {
		return
	}
	s := g.roomy(ctx)
	s.size++
	g.members[conn.Id] = s
	ctx.Send(s.pid, &enter{conn})
	ctx.Watch(conn) // also of one that is gone already: it terminates at once
}

// roomy returns a section with room, the first of them, so that all but the last
// stay full.
func (g *group) roomy(ctx actor.Context) *section {
	for _, s := range g.sections {
		if s.size < sectionSize {
			return s
		}
	}
	s := &section{pid: ctx.Spawn(sectionProps)}
	g.sections = append(g.sections, s)
	return s
}

func (g *group) leave(ctx actor.Context, conn *actor.PID) {
	s, member := g.members[conn.Id]
	if !member {
		return
	}
	delete(g.members, conn.Id)
	s.size--
	ctx.Send(s.pid, &exit{conn})
	if len(g.members) == 0 {
		ctx.Send(ctx.Parent(), &emptied{name: g.name, joins: g.joins})
	}
}
