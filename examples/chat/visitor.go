package main

import (
	"encoding/json"
	"net/http"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
)

// identity is who asks to come in, and where to.
type identity struct{ room, name string }

// admit is the upgrade hook: no name, no chat.
func admit(r *http.Request) (any, error) {
	who := identity{room: r.FormValue("room"), name: r.FormValue("name")}
	if who.room == "" || who.name == "" || len(who.room)+len(who.name) > 100 {
		return nil, &actors.UpgradeError{Status: http.StatusBadRequest, Reason: "a room and a name, please"}
	}
	return who, nil
}

// line is what everybody in a room sees.
type line struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// visitor is the handler of one page.
type visitor struct {
	rooms *actor.PID
	who   identity
}

// Receive implements actor.Actor.
func (v *visitor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Opened:
		v.who = m.Value.(identity)
		ctx.Send(v.rooms, &messages.Join{Group: v.who.room, Conn: m.Conn})
		v.say(ctx, "joined")
	case *messages.Received:
		v.say(ctx, string(m.Data))
	case *messages.Closed:
		v.say(ctx, "left")
	}
}

func (v *visitor) say(ctx actor.Context, text string) {
	data, err := json.Marshal(line{Name: v.who.name, Text: text})
	if err != nil {
		ctx.Logger().Error("line", "error", err)
		return
	}
	ctx.Send(v.rooms, &messages.Broadcast{Group: v.who.room, Message: messages.TextBytes(data)})
}
