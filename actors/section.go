package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// sender is the actor of a section: it sends broadcasts to its members.
type sender struct{ members map[string]*actor.PID }

var sectionProps = actor.PropsFromProducer(func() actor.Actor {
	return &sender{members: make(map[string]*actor.PID)}
})

// enter and exit say who is a member of the section.
type (
	enter struct{ conn *actor.PID }
	exit  struct{ conn *actor.PID }
)

// What is sent to a section that has just stopped is no news.
func (*enter) IgnoreDeadLetterLogging() {}
func (*exit) IgnoreDeadLetterLogging()  {}

// Receive implements actor.Actor.
func (s *sender) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *enter:
		s.members[m.conn.Id] = m.conn
	case *exit:
		delete(s.members, m.conn.Id)
	case *messages.Broadcast:
		for id, conn := range s.members {
			if m.Except == nil || m.Except.Id != id {
				ctx.Send(conn, m.Message)
			}
		}
	}
}
