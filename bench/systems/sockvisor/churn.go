package main

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// churn connects and closes, and connects again, N at a time. The governor of dials has
// more turns to give than are asked for.
func churn(p system.Plan) error {
	const turns = 1_000_000
	sup, err := start(supervisor.WithDialRate(turns, turns), supervisor.WithHostDialRate(turns, turns))
	if err != nil {
		return err
	}
	return system.Churn(p.N, func() error {
		closed := make(chan *messages.Closed, 1)
		if _, err := actors.Connect(sup, p.URL, actors.WithFailFast(), handler(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case *messages.Opened:
				ctx.Send(m.Conn, &messages.Close{})
			case *messages.Closed:
				closed <- m
			}
		})); err != nil {
			return err
		}
		return (<-closed).Err
	})
}
