package actors_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// panicking is a slog.Handler that does.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("no log") }
func (p panicking) WithAttrs([]slog.Attr) slog.Handler      { return p }
func (p panicking) WithGroup(string) slog.Handler           { return p }

// listener is what listens to an actor system, and panics.
type listener struct {
	handler slog.Handler
	listen  func(system *actor.ActorSystem)
}

func listeners() map[string]listener {
	quiet := slog.DiscardHandler
	return map[string]listener{
		"subscriber, always": {quiet, func(system *actor.ActorSystem) {
			system.EventStream.Subscribe(func(any) { panic("subscriber") })
		}},
		"subscriber, once": {quiet, func(system *actor.ActorSystem) {
			var did atomic.Bool
			system.EventStream.Subscribe(func(event any) {
				if _, failed := event.(*actor.SupervisorEvent); failed && !did.Swap(true) {
					panic("subscriber")
				}
			})
		}},
		"predicate": {quiet, func(system *actor.ActorSystem) {
			system.EventStream.SubscribeWithPredicate(func(any) {}, func(any) bool { panic("predicate") })
		}},
		"logger":                {&panicking{quiet}, func(*actor.ActorSystem) {}},
		"logger and subscriber": {&panicking{quiet}, func(system *actor.ActorSystem) { system.EventStream.Subscribe(func(any) { panic("subscriber") }) }},
		"root's sender middleware": {quiet, func(system *actor.ActorSystem) {
			system.Root.WithSenderMiddleware(func(actor.SenderFunc) actor.SenderFunc {
				return func(actor.SenderContext, *actor.PID, *actor.MessageEnvelope) { panic("middleware") }
			})
		}},
	}
}

// Whatever listens to the actor system panics, always or once: connections that have
// nothing to do with it go on, those that fail are tried again, and the tree stops.
func TestListenersThatPanic(t *testing.T) {
	for name, c := range listeners() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				t.Cleanup(func() { pass(2 * time.Second) })
				server := wstest.Listen(wstest.Echo)
				t.Cleanup(server.Close)
				handler := &switchable{Handler: slog.DiscardHandler}
				sup := startLogging(t, handler, supervisor.WithShards(1))
				neighbour, events := connect(t, sup, server, actors.WithHeartbeat(time.Second, time.Second))
				wstest.Next[*messages.Opened](t, events)
				handler.to.Store(&c.handler)
				c.listen(sup.System())
				failsOften(t, sup)
				speaks(t, neighbour, events)
				watchedByTheDead(t, sup, server)
				pass(time.Minute) // of heartbeats
				speaks(t, neighbour, events)
				events.None(t)
				stopInTime(t, sup)
			})
		})
	}
}

// Likewise at a server: its connections end as they should, and no place is lost.
func TestListenersThatPanicAtAServer(t *testing.T) {
	for name, l := range listeners() {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
				handler := &switchable{Handler: slog.DiscardHandler}
				sup := startLogging(t, handler, supervisor.WithShards(1))
				acceptor := actors.Accept(sup, actors.WithMaxConnections(2), actors.WithHandler(func() actor.Actor {
					echo := echoes()
					return actor.ReceiveFunc(func(ctx actor.Context) {
						if m, ok := ctx.Message().(*messages.Received); ok && string(m.Data) == "panic" {
							panic("handler")
						}
						echo.Receive(ctx)
					})
				}))
				server.Become(wstest.HTTP(acceptor))
				neighbour, others := connect(t, clients, server)
				wstest.Next[*messages.Opened](t, others)
				handler.to.Store(&l.handler)
				l.listen(sup.System())
				for way, end := range map[string]func(*line, *actors.Conn){
					"closed":   func(_ *line, conn *actors.Conn) { _ = conn.Close(messages.CloseNormal, "") },
					"cut":      func(line *line, _ *actors.Conn) { line.cut() },
					"panicked": func(_ *line, conn *actors.Conn) { _ = conn.Send(messages.Text("panic")) },
					"broke a rule": func(line *line, _ *actors.Conn) {
						_, _ = (*line.present.Load()).Write(wstest.Frame(0x83, nil))
					},
				} {
					var line line
					conn, events := connect(t, clients, server, actors.WithDialContext(line.dial(server)),
						actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
					wstest.Next[*messages.Opened](t, events)
					speaks(t, conn, events)
					end(&line, conn)
					pass(10 * time.Second)
					if s := acceptor.Stats(); s.Open != 1 {
						t.Errorf("%s: %+v", way, s)
					}
					speaks(t, neighbour, others)
				}
				others.None(t)
				stopInTime(t, sup)
				if s := acceptor.Stats(); s.Open != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// switchable is a slog.Handler that becomes another, once the system has started.
type switchable struct {
	slog.Handler
	to atomic.Pointer[slog.Handler]
}

func (s *switchable) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *switchable) WithGroup(string) slog.Handler      { return s }
func (s *switchable) Handle(ctx context.Context, r slog.Record) error {
	if to := s.to.Load(); to != nil {
		return (*to).Handle(ctx, r)
	}
	return nil
}
func (s *switchable) Enabled(ctx context.Context, l slog.Level) bool {
	if to := s.to.Load(); to != nil {
		return (*to).Enabled(ctx, l)
	}
	return false
}

// failsOften has a connection fail in each way that is published or logged, and be
// tried again.
func failsOften(t *testing.T, sup *supervisor.Supervisor) {
	t.Helper()
	server := wstest.Listen(wstest.Drop)
	defer server.Close()
	events := wstest.NewRecorder()
	events.Before(func(event any) {
		if e, ok := event.(*messages.Opened); ok && e.Epoch == 3 {
			panic("handler")
		}
	})
	policy := supervisor.Fixed(time.Second)
	policy.MaxAttempts = 5
	conn := connectTo(t, sup, server, actors.WithHandler(events.Handler), actors.WithPolicy(policy), actors.WithQueue(1, 1))
	for _, refused := range []any{"text", messages.Send{}, messages.Text("too long for it"), &messages.Enqueue{Send: messages.Text("x"), Receipt: true, TTL: 1}} {
		sendTo(sup.System(), conn.PID(), refused)
	}
	if e := events.Last(t); e.Epoch != 5 {
		t.Errorf("got %s", wstest.Describe(e))
	}
	synctest.Wait()
	sendTo(sup.System(), conn.PID(), messages.Text("to the dead"))
}

// sendTo is what a program's own send does, which is hurt by what listens to it.
func sendTo(system *actor.ActorSystem, to *actor.PID, message any) {
	defer func() { _ = recover() }()
	actor.NewRootContext(system, nil).Send(to, message)
}

// speaks checks that a connection echoes.
func speaks(t *testing.T, conn *actors.Conn, events *wstest.Recorder) {
	t.Helper()
	if err := conn.Send(messages.Text("hello")); err != nil {
		t.Fatal(err)
	}
	if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "hello" {
		t.Errorf("got %s", wstest.Describe(e))
	}
}

// watchedByTheDead ends a connection whose watcher has ended before, which makes a dead
// letter of protoactor's own, and one whose handler is such a watcher's.
func watchedByTheDead(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
	t.Helper()
	root := actor.NewRootContext(sup.System(), nil)
	conn, events := connect(t, sup, server)
	wstest.Next[*messages.Opened](t, events)
	dead := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if _, ok := ctx.Message().(*actor.Started); ok {
			ctx.Watch(conn.PID())
			ctx.Watch(actor.NewPID(conn.PID().Address, conn.PID().Id+"/handler"))
		}
	}))
	synctest.Wait()
	before := sup.Running()
	func() {
		defer func() { _ = recover() }()
		root.Stop(dead)
	}()
	synctest.Wait()
	closeAndWait(t, conn, events)
	synctest.Wait()
	if n := sup.Running(); n != before-1 {
		t.Errorf("%d run, %d before", n, before)
	}
}

// A SupervisorEvent says what failed and what is done about it, as before it was the
// connection that publishes it.
func TestSupervisorEvents(t *testing.T) {
	inMemory(t, wstest.Drop, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var got []*actor.SupervisorEvent
		sup.System().EventStream.Subscribe(func(event any) {
			if e, ok := event.(*actor.SupervisorEvent); ok {
				got = append(got, e)
			}
		})
		policy := supervisor.Fixed(time.Second)
		policy.MaxAttempts = 2
		conn, events := connect(t, sup, server, actors.WithPolicy(policy))
		events.Last(t)
		synctest.Wait()
		if len(got) != 2 || got[0].Directive != actor.RestartDirective || got[1].Directive != actor.StopDirective {
			t.Fatalf("got %+v", got)
		}
		for i, e := range got {
			if failure, ok := e.Reason.(*child.Failure); !ok || failure.Epoch != uint64(i+1) || !e.Child.Equal(conn.PID()) {
				t.Errorf("got %+v", e)
			}
		}
	})
}
