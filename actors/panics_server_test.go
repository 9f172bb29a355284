package actors_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// phase panics whenever it is called in one phase of a server's connection. A panic while
// protoactor tells the parent of the one before is not counted: it decorates the context
// first, and if that is what panicked, the parent has to hear of it once.
type phase struct {
	on     atomic.Bool
	panics atomic.Int64
}

func (p *phase) call() {
	if !p.on.Load() {
		return
	}
	if !bytes.Contains(debug.Stack(), []byte(".EscalateFailure(")) {
		p.panics.Add(1)
	}
	panic("boom")
}

// line is what a client's present transport is, to be cut.
type line struct{ present atomic.Pointer[net.Conn] }

func (l *line) dial(to *wstest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := to.DialContext(ctx, network, addr)
		if err == nil {
			l.present.Store(&conn)
		}
		return conn, err
	}
}

func (l *line) cut() { _ = (*l.present.Load()).Close() }

// serverRow is a function of the user's at an Accept, and the phases that call it.
type serverRow struct {
	in      string // the option that is blamed; "-" if nothing ends over it
	options func(call func()) []actors.Option
	phases  []string
}

// handled returns a handler that echoes, after a function has seen what it gets.
func handled(see func(message any)) actors.Option {
	return actors.WithHandler(func() actor.Actor {
		echo := echoes()
		return actor.ReceiveFunc(func(ctx actor.Context) {
			see(ctx.Message())
			echo.Receive(ctx)
		})
	})
}

// on returns a handler that calls a function at messages of a type.
func on[M any](call func()) []actors.Option {
	return []actors.Option{handled(func(message any) {
		if _, ok := message.(M); ok {
			call()
		}
	})}
}

func serverRows() map[string]serverRow {
	plain := actors.WithHandler(echoes)
	callbacks := func(c actors.Callbacks) []actors.Option {
		if c.OnMessage == nil {
			c.OnMessage = func(c *actors.Conn, e *messages.Received) { _ = c.Send(messages.Text(string(e.Data))) }
		}
		return []actors.Option{actors.WithCallbacks(c)}
	}
	props := func(option actor.PropsOption) []actors.Option {
		return []actors.Option{actors.WithHandlerProps(actor.PropsFromProducer(echoes, option))}
	}
	return map[string]serverRow{
		"WithIncoming": {"WithIncoming", func(call func()) []actors.Option {
			return []actors.Option{plain, actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received { call(); return m }))}
		}, []string{"open"}},
		"WithOutgoing": {"WithOutgoing", func(call func()) []actors.Option {
			return []actors.Option{plain, actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send { call(); return o.Send }))}
		}, []string{"open"}},
		"WithOnOpen": {"WithOnOpen", func(call func()) []actors.Option {
			return []actors.Option{plain, actors.WithOnOpen(func(uint64) []*messages.Send { call(); return nil })}
		}, []string{"opening"}},
		"WithHeartbeatRule, the producer": {"WithHeartbeatRule", func(call func()) []actors.Option {
			return []actors.Option{plain, actors.WithHeartbeatRule(func() actors.Heartbeat {
				call()
				return actors.Keepalive{Interval: time.Second, Timeout: time.Second}
			})}
		}, []string{"opening"}},
		"WithHeartbeatRule": {"WithHeartbeatRule", func(call func()) []actors.Option {
			var neighbour atomic.Bool
			return []actors.Option{plain, actors.WithHeartbeatRule(func() actors.Heartbeat {
				first := !neighbour.Swap(true)
				return actors.HeartbeatFunc(func(actors.Signs) actors.Beat {
					if !first {
						call()
					}
					return actors.Beat{Next: time.Second}
				})
			})}
		}, []string{"opening", "open"}},
		"WithCorrelation": {"WithCorrelation", func(call func()) []actors.Option {
			return []actors.Option{plain, actors.WithCorrelation(func(*messages.Received) (string, bool) { call(); return "", false }, 0)}
		}, []string{"open"}},
		"Codec.Decode": {"WithCodec", func(call func()) []actors.Option {
			return []actors.Option{actors.WithCodec(codec{decode: call, encode: func() {}}), actors.WithCallbacks(actors.Callbacks{
				OnValue: func(c *actors.Conn, e *messages.Decoded) { _ = c.SendValue(e.Value) },
			})}
		}, []string{"open"}},
		"Codec.Encode": {"-", func(call func()) []actors.Option {
			return []actors.Option{actors.WithCodec(codec{decode: func() {}, encode: call}), actors.WithCallbacks(actors.Callbacks{
				OnValue: func(c *actors.Conn, e *messages.Decoded) { _ = c.SendValue(e.Value) },
			})}
		}, []string{"open"}},
		"handler, Started":  {"", on[*actor.Started], []string{"opening"}},
		"handler, Opened":   {"", on[*messages.Opened], []string{"opening"}},
		"handler, Received": {"", on[*messages.Received], []string{"open"}},
		"handler, Failed":   {"", on[*messages.Failed], []string{"failing"}},
		"handler, Closed":   {"", on[*messages.Closed], []string{"failing", "closing", "stopping"}},
		"handler, Stopping": {"", on[*actor.Stopping], []string{"failing", "closing", "stopping"}},
		"handler, Stopped":  {"", on[*actor.Stopped], []string{"failing", "closing", "stopping"}},
		"handler, the producer": {"", func(call func()) []actors.Option {
			return []actors.Option{actors.WithHandler(func() actor.Actor { call(); return echoes() })}
		}, []string{"opening"}},
		"OnInit": {"", func(call func()) []actors.Option {
			return props(actor.WithOnInit(func(actor.Context) { call() }))
		}, []string{"opening"}},
		"spawn middleware": {"", func(call func()) []actors.Option {
			return []actors.Option{actors.WithHandlerProps(actor.PropsFromFunc(withChildren, actor.WithSpawnMiddleware(
				func(next actor.SpawnFunc) actor.SpawnFunc {
					return func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
						call()
						return next(system, id, p, parent)
					}
				})))}
		}, []string{"opening", "open"}},
		"receiver middleware": {"", func(call func()) []actors.Option {
			return props(actor.WithReceiverMiddleware(func(next actor.ReceiverFunc) actor.ReceiverFunc {
				return func(ctx actor.ReceiverContext, envelope *actor.MessageEnvelope) { call(); next(ctx, envelope) }
			}))
		}, []string{"opening", "open", "failing", "closing", "stopping"}},
		"sender middleware": {"", func(call func()) []actors.Option {
			return props(actor.WithSenderMiddleware(func(next actor.SenderFunc) actor.SenderFunc {
				return func(ctx actor.SenderContext, to *actor.PID, envelope *actor.MessageEnvelope) {
					call()
					next(ctx, to, envelope)
				}
			}))
		}, []string{"open"}},
		"context decorator": {"", func(call func()) []actors.Option {
			return props(decorator(func(ctx actor.Context) actor.Context { call(); return ctx }))
		}, []string{"opening"}},
		"decorated context": {"", func(call func()) []actors.Option {
			return props(decorator(func(ctx actor.Context) actor.Context { return &decorated{ctx, call, func() {}} }))
		}, []string{"opening", "open", "failing", "closing", "stopping"}},
		"decorated context, Send": {"", func(call func()) []actors.Option {
			return props(decorator(func(ctx actor.Context) actor.Context { return &decorated{ctx, func() {}, call} }))
		}, []string{"open"}},
		"OnValue": {"", func(call func()) []actors.Option {
			return []actors.Option{actors.WithCodec(codec{decode: func() {}, encode: func() {}}), actors.WithCallbacks(actors.Callbacks{
				OnValue: func(c *actors.Conn, e *messages.Decoded) { call(); _ = c.SendValue(e.Value) },
			})}
		}, []string{"open"}},
		"OnOpen": {"", func(call func()) []actors.Option {
			return callbacks(actors.Callbacks{OnOpen: func(*actors.Conn, *messages.Opened) { call() }})
		}, []string{"opening"}},
		"OnMessage": {"", func(call func()) []actors.Option {
			return callbacks(actors.Callbacks{OnMessage: func(c *actors.Conn, e *messages.Received) { call(); _ = c.Send(messages.Text(string(e.Data))) }})
		}, []string{"open"}},
		"OnError": {"", func(call func()) []actors.Option {
			return callbacks(actors.Callbacks{OnError: func(*actors.Conn, *messages.Failed) { call() }})
		}, []string{"failing"}},
		"OnClose": {"", func(call func()) []actors.Option {
			return callbacks(actors.Callbacks{OnClose: func(*actors.Conn, *messages.Closed) { call() }})
		}, []string{"failing", "closing", "stopping"}},
	}
}

// decorator has the handler's context be another.
func decorator(f actor.ContextDecoratorFunc) actor.PropsOption {
	return actor.WithContextDecorator(func(next actor.ContextDecoratorFunc) actor.ContextDecoratorFunc {
		return func(ctx actor.Context) actor.Context { return f(next(ctx)) }
	})
}

// decorated is a context that calls a function at what is received, and one at what is sent.
type decorated struct {
	actor.Context
	receives, sends func()
}

func (d *decorated) Receive(envelope *actor.MessageEnvelope) {
	d.receives()
	d.Context.Receive(envelope)
}

func (d *decorated) Send(to *actor.PID, message any) {
	d.sends()
	d.Context.Send(to, message)
}

// withChildren is a handler that echoes, and has a child for each message.
func withChildren(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Opened:
		ctx.Spawn(actor.PropsFromFunc(func(actor.Context) {}))
	case *messages.Received:
		ctx.Spawn(actor.PropsFromFunc(func(actor.Context) {}))
		ctx.Send(ctx.Parent(), messages.Text(string(m.Data)))
	}
}

// A function of the user's that panics at a server, for as long as a phase of one of its
// connections lasts, ends that one: it is told 1011 and logged, its place is free, a
// neighbour never notices, and the tree stops.
func TestPanicsOfTheUserAtAServer(t *testing.T) {
	for name, r := range serverRows() {
		for _, in := range r.phases {
			t.Run(name+", "+in, func(t *testing.T) {
				logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, listener *wstest.Server, log *lines) {
					panicsAtServer(t, r, in, sup, listener, log)
				})
			})
		}
	}
}

func panicsAtServer(t *testing.T, r serverRow, in string, sup *supervisor.Supervisor, listener *wstest.Server, log *lines) {
	t.Helper()
	p := &phase{}
	acceptor := actors.Accept(sup, append(r.options(p.call), actors.WithMaxConnections(2))...)
	listener.Become(wstest.HTTP(acceptor))
	clients := start(t)
	neighbour, others := connect(t, clients, listener)
	wstest.Next[*messages.Opened](t, others)
	speaks(t, neighbour, others)
	during := func(phase string, f func()) {
		p.on.Store(phase == in)
		f()
		pass(5 * time.Second)
		p.on.Store(false)
	}
	var conn *actors.Conn
	events := wstest.NewRecorder()
	var told atomic.Bool
	var line line
	events.Before(func(event any) {
		if e, ok := event.(*messages.Closed); ok && e.Code == messages.CloseInternalError {
			told.Store(true)
		}
	})
	during("opening", func() {
		conn = connectTo(t, clients, listener, actors.WithHandler(events.Handler), actors.WithPolicy(supervisor.Fixed(time.Second)),
			actors.WithDialContext(line.dial(listener)))
	})
	during("open", func() { _ = conn.Send(messages.Text("x")) })
	pass(5 * time.Second)
	during("failing", func() {
		line.cut()
		pass(time.Second / 2)
		p.on.Store(false) // before the client is back
	})
	pass(5 * time.Second)
	if state := conn.ReadyState(); state != messages.StateOpen {
		t.Errorf("there is no room again: %v", state)
	}
	during("closing", func() { _ = conn.Close(messages.CloseNormal, "") })
	if ends := r.in != "-" && (in == "opening" || in == "open"); told.Load() != ends {
		t.Errorf("the client was told 1011: %v", told.Load())
	}
	another, seen := connect(t, clients, listener)
	wstest.Next[*messages.Opened](t, seen)
	speaks(t, another, seen)
	speaks(t, neighbour, others)
	others.None(t)
	if s := acceptor.Stats(); s.Open != 2 {
		t.Errorf("counted %+v", s)
	}
	during("stopping", func() { stopInTime(t, sup) })
	synctest.Wait()
	if s := acceptor.Stats(); s.Open != 0 {
		t.Errorf("counted %+v", s)
	}
	reported := log.with(slog.LevelError, "panic", "boom", strings.Trim(r.in, "-"), "panics_server_test.go:")
	if n := int(p.panics.Load()); n == 0 || r.in != "-" && len(reported) != n || r.in == "-" && len(reported) > 0 {
		t.Errorf("%d panics, %d logged:\n%s", n, len(reported), log)
	}
}
