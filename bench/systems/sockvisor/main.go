// Sockvisor is what examples/echo is not: the clients, a hub of groups, and a server
// with limits other than the defaults. All of it uses the public API only.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/bench/selfsigned"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

func main() {
	system.Main(map[string]system.Role{
		"serve":   serve,
		"hub":     hub,
		"idle":    idle,
		"send":    send,
		"receive": receive,
		"churn":   churn,
		"forward": forward,
		"shared":  shared,
		"actors":  million,
	})
}

func start(options ...supervisor.Option) (*supervisor.Supervisor, error) {
	return supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(quiet)), options...)
}

// quiet leaves only warnings of protoactor's log.
func quiet(*actor.ActorSystem) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func handler(receive actor.ReceiveFunc) actors.Option {
	return actors.WithHandler(func() actor.Actor { return receive })
}

// trusting trusts a server whose certificate is its own.
var trusting = actors.WithTLSConfig(selfsigned.Client())

// idle opens N connections, says so, and from then on prints every 50 ms how many
// are open and how many attempts there have been in all.
func idle(p system.Plan) error {
	sup, err := start()
	if err != nil {
		return err
	}
	var opened atomic.Int64
	count := handler(func(ctx actor.Context) {
		if _, ok := ctx.Message().(*messages.Opened); ok {
			opened.Add(1)
		}
		echo(ctx)
	})
	conns := make([]*actors.Conn, 0, p.N)
	for i := range p.N {
		for int64(i)-opened.Load() > 64 { // as many at a time as the others
			runtime.Gosched()
		}
		conn, err := actors.Connect(sup, p.URL, count, trusting, actors.WithHeartbeat(p.Interval, 3*time.Second), actors.WithPolicy(supervisor.Exponential(time.Second, 2, 8*time.Second)))
		if err != nil {
			return err
		}
		conns = append(conns, conn)
	}
	for opened.Load() < int64(p.N) {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("open", p.N)
	for range time.Tick(50 * time.Millisecond) {
		open, attempts := 0, uint64(0)
		for _, conn := range conns {
			attempts += conn.Epoch()
			if conn.ReadyState() == messages.StateOpen {
				open++
			}
		}
		fmt.Println(open, attempts)
	}
	return nil
}

// send queues messages as fast as the queue takes them. Where they are small it asks
// again when it is full; where they are large it waits until they are written.
func send(p system.Plan) error {
	sup, err := start()
	if err != nil {
		return err
	}
	conn, err := actors.Connect(sup, p.URL, append(limits(p), trusting, handler(func(actor.Context) {}))...)
	if err != nil {
		return err
	}
	payload := make([]byte, p.Size)
	for {
		message := messages.Binary(payload)
		for err := conn.Send(message); err != nil; err = conn.Send(message) {
			if !errors.As(err, new(*messages.QueueFullError)) {
				return err
			}
			if p.Limit == 0 {
				runtime.Gosched()
			} else if err := conn.Flush(context.Background()); err != nil {
				return err
			}
		}
	}
}

// receive answers every N messages with one.
func receive(p system.Plan) error {
	sup, err := start()
	if err != nil {
		return err
	}
	n := 0
	if _, err := actors.Connect(sup, p.URL, append(limits(p), trusting, handler(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.Received); ok {
			if n++; n%p.N == 0 {
				ctx.Send(m.Conn, &messages.Send{Type: m.Type, Data: system.Answer(m.Data)})
			}
		}
	}))...); err != nil {
		return err
	}
	select {}
}
