package actors_test

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// ownCode is a function that runs as the handler, or about it.
type ownCode struct {
	options func(w *when) []actors.Option
	// nth are the calls at which it panics.
	nth []int
	// epochs are how many there are in the end: two, and one more if it ends one.
	epochs uint64
}

// ownCodes are what a handler may consist of besides its Receive.
func ownCodes() map[string]ownCode {
	props := func(option func(w *when) actor.PropsOption) func(*when) []actors.Option {
		return func(w *when) []actors.Option {
			return []actors.Option{actors.WithHandlerProps(actor.PropsFromFunc(busy, option(w)))}
		}
	}
	callbacks := func(f func(w *when) actors.Callbacks, options ...actors.Option) func(*when) []actors.Option {
		return func(w *when) []actors.Option { return append(options, actors.WithCallbacks(f(w))) }
	}
	return map[string]ownCode{
		"spawn middleware": {props(func(w *when) actor.PropsOption {
			return actor.WithSpawnMiddleware(func(next actor.SpawnFunc) actor.SpawnFunc {
				return func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
					w.call()
					return next(system, id, p, parent)
				}
			})
		}), []int{1, 2}, 3},
		"sender middleware": {props(func(w *when) actor.PropsOption {
			return actor.WithSenderMiddleware(func(next actor.SenderFunc) actor.SenderFunc {
				return func(ctx actor.SenderContext, to *actor.PID, envelope *actor.MessageEnvelope) {
					w.call()
					next(ctx, to, envelope)
				}
			})
		}), []int{1, 2}, 3},
		"receiver middleware": {props(func(w *when) actor.PropsOption {
			return actor.WithReceiverMiddleware(func(next actor.ReceiverFunc) actor.ReceiverFunc {
				return func(ctx actor.ReceiverContext, envelope *actor.MessageEnvelope) {
					if _, ok := envelope.Message.(*messages.Received); ok {
						w.call()
					}
					next(ctx, envelope)
				}
			})
		}), []int{1, 2}, 3},
		"context decorator": {props(func(w *when) actor.PropsOption {
			return decorator(func(ctx actor.Context) actor.Context { w.call(); return ctx })
		}), []int{1}, 3},
		"decorated context": {props(func(w *when) actor.PropsOption {
			return decorator(func(ctx actor.Context) actor.Context { return &decorated{ctx, func() {}, w.call} })
		}), []int{1, 2}, 3},
		"OnOpen": {callbacks(func(w *when) actors.Callbacks {
			return actors.Callbacks{OnOpen: func(*actors.Conn, *messages.Opened) { w.call() }}
		}), []int{1, 2}, 3},
		"OnMessage": {callbacks(func(w *when) actors.Callbacks {
			return actors.Callbacks{OnMessage: func(*actors.Conn, *messages.Received) { w.call() }}
		}), []int{1, 2}, 3},
		"OnValue": {callbacks(func(w *when) actors.Callbacks {
			return actors.Callbacks{OnValue: func(*actors.Conn, *messages.Decoded) { w.call() }}
		}, actors.WithCodec(codec{decode: func() {}, encode: func() {}})), []int{1, 2}, 3},
		"OnError": {callbacks(func(w *when) actors.Callbacks {
			return actors.Callbacks{OnError: func(*actors.Conn, *messages.Failed) { w.call() }}
		}), []int{1}, 2},
		"OnClose": {callbacks(func(w *when) actors.Callbacks {
			return actors.Callbacks{OnClose: func(*actors.Conn, *messages.Closed) { w.call() }}
		}), []int{1, 2}, 2},
	}
}

// busy is a handler that has a child for each epoch, and answers each message but its
// own.
func busy(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Opened:
		ctx.Spawn(actor.PropsFromFunc(func(actor.Context) {}))
	case *messages.Received:
		if string(m.Data) != "answer" {
			ctx.Send(ctx.Parent(), messages.Text("answer"))
		}
	}
}

// What a handler consists of may panic: the epoch ends, if there is one, and is reported
// once with where it was; the next opens, a neighbour never notices, and the tree stops.
func TestPanicsOfTheHandlersOwn(t *testing.T) {
	for name, own := range ownCodes() {
		for _, nth := range own.nth {
			t.Run(fmt.Sprint(name, ", call ", nth), func(t *testing.T) {
				ownPanics(t, own, &when{nth: nth, with: "boom"})
			})
		}
	}
}

func ownPanics(t *testing.T, own ownCode, w *when) {
	t.Helper()
	logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		elsewhere := wstest.Listen(wstest.Echo)
		defer elsewhere.Close()
		neighbour, others := connect(t, sup, elsewhere)
		wstest.Next[*messages.Opened](t, others)
		conn := connectTo(t, sup, server, append(own.options(w), actors.WithPolicy(supervisor.Fixed(time.Second)))...)
		say := func() { _ = conn.Send(messages.Text("x")) }
		for _, step := range []func(){func() {}, say, server.Cut, say} {
			step()
			pass(5 * time.Second)
		}
		if state, epoch := conn.ReadyState(), conn.Epoch(); state != messages.StateOpen || epoch != own.epochs {
			t.Errorf("%v, epoch %d", state, epoch)
		}
		_ = conn.Close(messages.CloseNormal, "")
		synctest.Wait()
		if n := sup.Running(); n != 1 || w.calls < w.nth {
			t.Errorf("%d run after %d calls", n, w.calls)
		}
		speaks(t, neighbour, others)
		others.None(t)
		stopInTime(t, sup)
		found := log.with(slog.LevelError, "panic", "boom", "conn="+conn.PID().Id, "handler_panics_test.go:")
		if len(found) != 1 {
			t.Errorf("logged %d times:\n%s", len(found), log)
		}
	})
}
