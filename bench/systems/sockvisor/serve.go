package main

import (
	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/messages"
)

// serve is examples/echo with what the plan has of its own.
func serve(p system.Plan) error {
	sup, err := start()
	if err != nil {
		return err
	}
	return p.Serve(actors.Accept(sup, append(limits(p), actors.WithAnyOrigin(), actors.WithCompression(compression[p.Deflate]), handler(echo))...))
}

// compression is that of a plan.
var compression = map[string]websocket.CompressionMode{
	"": websocket.CompressionDisabled, "no-takeover": websocket.CompressionNoContextTakeover, "takeover": websocket.CompressionContextTakeover,
}

func echo(ctx actor.Context) {
	if m, ok := ctx.Message().(*messages.Received); ok {
		ctx.Send(m.Conn, &messages.Send{Type: m.Type, Data: m.Data})
	}
}

// limits are the defaults, unless larger messages must get through.
func limits(p system.Plan) []actors.Option {
	if p.Limit == 0 {
		return nil
	}
	const queued = 8 // messages of that size
	return []actors.Option{actors.WithReadLimit(int64(p.Limit)), actors.WithQueue(1024, queued*int64(p.Limit))}
}
