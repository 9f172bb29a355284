package main

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/messages"
)

// forward opens N connections, each with a handler of its own that forwards what it
// receives to one actor, which counts it, and whose mailbox is protoactor's default.
func forward(p system.Plan) error {
	return feeds(p, func(root *actor.RootContext, opened *atomic.Int64) actors.Option {
		all := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*messages.Received); ok {
				system.Counted.Add(1)
			}
		}))
		return handler(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case *messages.Opened:
				opened.Add(1)
			case *messages.Received:
				ctx.Send(all, m)
			}
		})
	})
}

// shared opens N connections that have one handler in common, which counts.
func shared(p system.Plan) error {
	return feeds(p, func(root *actor.RootContext, opened *atomic.Int64) actors.Option {
		const each = 64 // messages an Ack: a quarter of what a connection may have unhandled
		unacked := make(map[*actor.PID]int, p.N)
		return actors.WithHandlerPID(root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case *messages.Opened:
				opened.Add(1)
			case *messages.Received:
				system.Counted.Add(1)
				if unacked[m.Conn]++; unacked[m.Conn] == each {
					unacked[m.Conn] = 0
					ctx.Send(m.Conn, &messages.Ack{Epoch: m.Epoch, Count: each})
				}
			}
		})))
	})
}

func feeds(p system.Plan, handle func(root *actor.RootContext, opened *atomic.Int64) actors.Option) error {
	sup, err := start()
	if err != nil {
		return err
	}
	var opened atomic.Int64 // the handlers write it, this reads it
	option := handle(sup.System().Root, &opened)
	for range p.N {
		if _, err := actors.Connect(sup, p.URL, option); err != nil {
			return err
		}
	}
	for opened.Load() < int64(p.N) {
		runtime.Gosched()
	}
	fmt.Println("open", p.N)
	select {}
}
