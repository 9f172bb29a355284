package main

import (
	"net/http"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/messages"
)

// hub broadcasts every message to all in its room, which is a group.
func hub(p system.Plan) error {
	sup, err := start()
	if err != nil {
		return err
	}
	groups := actors.StartGroups(sup.System())
	return p.Serve(actors.Accept(sup, actors.WithAnyOrigin(),
		actors.WithUpgrade(func(r *http.Request) (any, error) { return system.Room(r), nil }),
		actors.WithHandler(func() actor.Actor { return &member{groups: groups} })))
}

type member struct {
	groups *actor.PID
	room   string
}

func (m *member) Receive(ctx actor.Context) {
	switch message := ctx.Message().(type) {
	case *messages.Opened:
		m.room = message.Value.(string)
		ctx.Send(m.groups, &messages.Join{Group: m.room, Conn: message.Conn})
	case *messages.Received:
		ctx.Send(m.groups, &messages.Broadcast{Group: m.room, Message: &messages.Send{Type: message.Type, Data: message.Data}})
	}
}
