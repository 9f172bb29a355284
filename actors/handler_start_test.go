package actors_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// misborn are handlers that cannot be made, or not run, each time: the counter says how
// often that was tried.
func misborn(tried func()) map[string]actors.Option {
	boom := func() { tried(); panic("boom") }
	counted := func() actor.Actor { tried(); return wstest.NewRecorder().Handler() }
	props := func(options ...actor.PropsOption) actors.Option {
		return actors.WithHandlerProps(actor.PropsFromProducer(counted, options...))
	}
	spawn := func(f actor.SpawnFunc) actors.Option {
		return props(actor.WithSpawnFunc(func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
			pid, err := f(system, id, p, parent)
			if pid == nil || err != nil {
				tried()
			}
			return pid, err
		}))
	}
	return map[string]actors.Option{
		"producer panics":      actors.WithHandler(func() actor.Actor { boom(); return nil }),
		"producer returns nil": actors.WithHandler(func() actor.Actor { tried(); return nil }),
		"OnInit panics":        props(actor.WithOnInit(func(actor.Context) { panic("boom") })),
		"guardian":             props(actor.WithGuardian(actor.DefaultSupervisorStrategy()), actor.WithOnInit(func(actor.Context) { boom() })),
		"receiver middleware panics": props(actor.WithReceiverMiddleware(func(actor.ReceiverFunc) actor.ReceiverFunc {
			return func(actor.ReceiverContext, *actor.MessageEnvelope) { panic("boom") }
		})),
		"decorator panics": props(actor.WithContextDecorator(func(actor.ContextDecoratorFunc) actor.ContextDecoratorFunc {
			return func(actor.Context) actor.Context { panic("boom") }
		})),
		"decorator returns nil": props(actor.WithContextDecorator(func(actor.ContextDecoratorFunc) actor.ContextDecoratorFunc {
			return func(actor.Context) actor.Context { return nil }
		})),
		"spawn func panics": spawn(func(*actor.ActorSystem, string, *actor.Props, actor.SpawnerContext) (*actor.PID, error) {
			boom()
			return nil, nil
		}),
		"spawn func panics after it has spawned": spawn(func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
			_, _ = actor.DefaultSpawner(system, id, p, parent)
			panic("boom")
		}),
		"spawn func returns an error": spawn(func(*actor.ActorSystem, string, *actor.Props, actor.SpawnerContext) (*actor.PID, error) {
			return nil, errors.New("no")
		}),
		"spawn func returns nil": spawn(func(*actor.ActorSystem, string, *actor.Props, actor.SpawnerContext) (*actor.PID, error) {
			return nil, nil
		}),
		"spawn func takes another mailbox": spawn(func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
			return actor.DefaultSpawner(system, id, p.Clone(actor.WithMailbox(actor.Unbounded())), parent)
		}),
		"spawn func takes another parent": spawn(func(system *actor.ActorSystem, id string, p *actor.Props, _ actor.SpawnerContext) (*actor.PID, error) {
			return actor.DefaultSpawner(system, id, p, system.Root)
		}),
		"spawn func makes no actor": spawn(func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
			tried()
			pid, _ := system.ProcessRegistry.Add(noActor{system}, id) // as protoactor's routers do
			return pid, nil
		}),
	}
}

// noActor is a process that is none.
type noActor struct{ system *actor.ActorSystem }

func (noActor) SendUserMessage(*actor.PID, any)   {}
func (noActor) SendSystemMessage(*actor.PID, any) {}
func (p noActor) Stop(pid *actor.PID)             { p.system.ProcessRegistry.Remove(pid) }

// nothing is a dispatcher that would let nothing through.
type nothing struct{}

func (nothing) Schedule(f func()) { go f() }
func (nothing) Throughput() int   { return 0 }

// A server's handler that cannot be made ends its connection, with 1011 and once: the
// peer is not at fault, and there is nobody to try it for again.
func TestAcceptHandlerThatCannotStart(t *testing.T) {
	for name := range misborn(nil) {
		t.Run(name, func(t *testing.T) {
			tries := 0
			logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, listener *wstest.Server, log *lines) {
				acceptor := actors.Accept(sup, misborn(func() { tries++ })[name])
				listener.Become(wstest.HTTP(acceptor))
				clients := start(t)
				_, events := connect(t, clients, listener, actors.WithPolicy(supervisor.Fixed(time.Hour)))
				wstest.Next[*messages.Opened](t, events)
				if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseInternalError {
					t.Errorf("the peer was told %s", wstest.Describe(e))
				}
				pass(time.Minute)
				synctest.Wait()
				if n := sup.Running(); n != 0 || tries > 2 {
					t.Errorf("%d left, tried %d times", n, tries)
				}
				if got := acceptor.Stats(); got.Open != 0 || got.Closed[messages.CloseInternalError] != 1 {
					t.Errorf("%+v", got)
				}
				if len(log.with(slog.LevelError, "panic")) == 0 {
					t.Errorf("nothing was logged:\n%s", log)
				}
			})
		})
	}
}

// A client's is tried again by its policy, each time an attempt; at the end nothing is
// left of it.
func TestClientHandlerThatCannotStart(t *testing.T) {
	for name := range misborn(nil) {
		t.Run(name, func(t *testing.T) {
			tries := 0
			logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
				policy := supervisor.Fixed(time.Second)
				policy.MaxAttempts = 5
				connectTo(t, sup, server, misborn(func() { tries++ })[name], actors.WithPolicy(policy))
				_, neighbour := connect(t, sup, server)
				pass(time.Minute)
				synctest.Wait()
				if n := sup.Running(); n != 1 || tries > 11 {
					t.Errorf("%d run, tried %d times", n, tries)
				}
				wstest.Next[*messages.Opened](t, neighbour)
				neighbour.None(t)
			})
		})
	}
}

// What the Props say of how their actor is spawned is done.
func TestHandlerPropsSpawnFunc(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		events, spawned := wstest.NewRecorder(), 0
		props := actor.PropsFromProducer(events.Handler, actor.WithSpawnFunc(
			func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
				spawned++
				return actor.DefaultSpawner(system, id+"-mine", p, parent)
			}))
		conn := connectTo(t, sup, server, actors.WithHandlerProps(props), actors.WithPolicy(supervisor.Fixed(time.Second)))
		wstest.Next[*messages.Opened](t, events)
		if _, ok := sup.System().ProcessRegistry.GetLocal(conn.PID().Id + "/handler-mine"); !ok || spawned != 1 {
			t.Errorf("spawned %d times", spawned)
		}
		server.Cut() // and it outlives the socket, as any other
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		wstest.Next[*messages.Opened](t, events)
		if spawned != 1 {
			t.Errorf("spawned %d times", spawned)
		}
		closeAndWait(t, conn, events)
	})
}

// One handler is not two connections': the second is refused, and the first not hurt.
func TestHandlerPropsSpawnFuncThatShares(t *testing.T) {
	logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		events := wstest.NewRecorder()
		var shared *actor.PID
		option := actors.WithHandlerProps(actor.PropsFromProducer(events.Handler, actor.WithSpawnFunc(
			func(system *actor.ActorSystem, id string, p *actor.Props, parent actor.SpawnerContext) (pid *actor.PID, err error) {
				if shared == nil {
					shared, err = actor.DefaultSpawner(system, id, p, parent)
				}
				return shared, err
			})))
		policy := supervisor.Fixed(time.Second)
		policy.MaxAttempts = 2
		first := connectTo(t, sup, server, option)
		wstest.Next[*messages.Opened](t, events)
		connectTo(t, sup, server, option, actors.WithPolicy(policy))
		pass(10 * time.Second)
		if n := sup.Running(); n != 1 || len(log.with(slog.LevelError, "for each connection")) != 2 {
			t.Errorf("%d run, the log:\n%s", n, log)
		}
		events.None(t)
		closeAndWait(t, first, events)
	})
}

// A dispatcher that runs nothing on its own goroutines does not keep the handler from
// running.
func TestHandlerPropsDispatcherThatPanics(t *testing.T) {
	for name, d := range map[string]actor.Dispatcher{"panics": refusing{}, "no throughput": nothing{}} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				events := wstest.NewRecorder()
				conn := connectTo(t, sup, server, actors.WithHandlerProps(actor.PropsFromProducer(events.Handler, actor.WithDispatcher(d))))
				wstest.Next[*messages.Opened](t, events)
				_ = conn.Send(messages.Text("x"))
				wstest.Next[*messages.Received](t, events)
				closeAndWait(t, conn, events)
			})
		})
	}
}

type refusing struct{}

func (refusing) Schedule(func()) { panic("no") }
func (refusing) Throughput() int { return 300 }

// A producer that panics when its handler is to be restarted, and only then: the
// connection fails at its policy's pace, a server's once.
func TestHandlerProducerThatPanicsOnRestart(t *testing.T) {
	logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		made := 0
		producer := func() actor.Actor {
			if made++; made > 1 {
				panic("only once")
			}
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if _, ok := ctx.Message().(*messages.Opened); ok {
					panic("boom")
				}
			})
		}
		policy := supervisor.Fixed(time.Second)
		policy.MaxAttempts = 4
		connectTo(t, sup, server, actors.WithHandler(producer), actors.WithPolicy(policy))
		pass(time.Minute)
		if n := sup.Running(); n != 0 || made > 2+2*3 {
			t.Errorf("%d left, made %d", n, made)
		}
	})
}

// The client of a real server whose producer panics, which is what took 26,764 calls a
// second.
func TestAcceptProducerThatPanicsOnLoopback(t *testing.T) {
	made := make(chan struct{}, 1000)
	sup := start(t)
	server := httptest.NewServer(actors.Accept(sup, actors.WithHandler(func() actor.Actor {
		made <- struct{}{}
		panic("boom")
	})))
	defer server.Close()
	ws, response, err := websocket.Dial(t.Context(), server.URL, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(err)
	}
	_, _, err = ws.Read(t.Context())
	if code := websocket.CloseStatus(err); code != websocket.StatusInternalError {
		t.Errorf("got %v", err)
	}
	_ = ws.CloseNow()
	stopInTime(t, sup)
	if n := len(made); n != 1 {
		t.Errorf("%d producer calls", n)
	}
}
