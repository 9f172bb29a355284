package actors_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// evil is an error, and a value, none of whose methods returns: fmt survives one that
// panics, and not one that panics with another.
type evil struct{}

func (evil) Error() string                             { panic(evil{}) }
func (evil) String() string                            { panic(evil{}) }
func (evil) Unwrap() error                             { panic(evil{}) }
func (evil) Is(error) bool                             { panic(evil{}) }
func (evil) As(any) bool                               { panic(evil{}) }
func (evil) Timeout() bool                             { panic(evil{}) }
func (evil) Temporary() bool                           { panic(evil{}) }
func (evil) GoString() string                          { panic(evil{}) }
func (evil) MarshalText() ([]byte, error)              { panic(evil{}) }
func (evil) LogValue() slog.Value                      { panic(evil{}) }
func (evil) GetAutoResponse(context actor.Context) any { panic(evil{}) }

// An error of the user's whose methods panic is compared, classified and told as any
// other: its connection fails and is tried again, and the others do not notice.
func TestErrorsThatPanic(t *testing.T) {
	for name, option := range map[string]func(server *wstest.Server) actors.Option{
		"WithCredentials": func(*wstest.Server) actors.Option {
			return actors.WithCredentials(func(context.Context) (actors.Credentials, error) { return actors.Credentials{}, evil{} }, 0)
		},
		"WithHeartbeatRule": func(*wstest.Server) actors.Option {
			return actors.WithHeartbeatRule(func() actors.Heartbeat {
				return actors.HeartbeatFunc(func(actors.Signs) actors.Beat { return actors.Beat{Fail: evil{}} })
			})
		},
		"WithDialContext": func(*wstest.Server) actors.Option {
			return actors.WithDialContext(func(context.Context, string, string) (net.Conn, error) { return nil, evil{} })
		},
		"read": func(server *wstest.Server) actors.Option {
			return actors.WithDialContext(func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := server.DialContext(ctx, network, address)
				return &evilConn{Conn: conn}, err
			})
		},
		"panic with it": func(*wstest.Server) actors.Option {
			return actors.WithOnOpen(func(uint64) []*messages.Send { panic(evil{}) })
		},
	} {
		for policy, classify := range map[string]func(error) supervisor.Verdict{
			"default": nil, "codes": supervisor.OnCloseCodes(4000),
		} {
			t.Run(name+", "+policy, func(t *testing.T) {
				logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
					neighbour, others := connect(t, sup, server)
					wstest.Next[*messages.Opened](t, others)
					p := supervisor.Fixed(time.Second)
					p.MaxAttempts, p.Classify = 3, classify
					_, events := connectTo2(t, sup, server, option(server), actors.WithPolicy(p))
					if e := events.Last(t); e.Epoch != 3 {
						t.Errorf("got %s", wstest.Describe(e))
					}
					speaks(t, neighbour, others)
					stopInTime(t, sup)
				})
			})
		}
	}
}

// connectTo2 is connect with an option that takes the place of its own.
func connectTo2(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, options ...actors.Option,
) (*actors.Conn, *wstest.Recorder) {
	t.Helper()
	events := wstest.NewRecorder()
	return connectTo(t, sup, server, append(options, actors.WithHandler(events.Handler))...), events
}

// evilConn is a connection that ends with an evil error after the handshake.
type evilConn struct {
	net.Conn
	reads int
}

func (c *evilConn) Read(p []byte) (int, error) {
	if c.reads++; c.reads > 1 {
		return 0, evil{}
	}
	return c.Conn.Read(p)
}

// A message that protoactor answers with a method of its own, which panics, is an error
// of the connection's that it is sent to; protoactor calls it after Receive.
func TestAutoRespondThatPanics(t *testing.T) {
	logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		neighbour, others := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, others)
		conn, events := connect(t, sup, server, actors.WithPolicy(supervisor.Fixed(time.Second)))
		wstest.Next[*messages.Opened](t, events)
		sup.System().Root.Send(conn.PID(), evil{})
		if e := wstest.Next[*messages.Failed](t, events); as[*messages.InternalError](t, e.Err).Stack == nil {
			t.Errorf("got %s", wstest.Describe(e))
		}
		if e := wstest.Next[*messages.Closed](t, events); e.Epoch != 1 || !e.WillRetry || e.Attempt != 1 {
			t.Errorf("got %s", wstest.Describe(e))
		}
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 {
			t.Errorf("got %s", wstest.Describe(e))
		}
		speaks(t, conn, events)
		speaks(t, neighbour, others)
		closeAndWait(t, conn, events)
	})
}

// A handler that panics at whatever it gets: its connection ends by the policy, a
// neighbour never notices, and the tree stops. (At its own end: see the tests of that.)
func TestHandlerThatPanicsAt(t *testing.T) {
	at := map[string]func(event any) bool{
		"Started":    func(e any) bool { _, ok := e.(*actor.Started); return ok },
		"Restarting": func(e any) bool { _, ok := e.(*actor.Restarting); return ok },
		"Opened":     func(e any) bool { _, ok := e.(*messages.Opened); return ok },
		"Received":   func(e any) bool { _, ok := e.(*messages.Received); return ok },
		"Failed":     func(e any) bool { _, ok := e.(*messages.Failed); return ok },
		"Closed":     func(e any) bool { _, ok := e.(*messages.Closed); return ok },
		"anything before its end": func(e any) bool {
			switch e.(type) {
			case *actor.Stopping, *actor.Stopped:
				return false
			}
			return true
		},
	}
	for name, bad := range at {
		for _, peer := range []string{"echo", "drop"} {
			t.Run(fmt.Sprint(name, ", ", peer), func(t *testing.T) {
				logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
					neighbour, others := connect(t, sup, server)
					wstest.Next[*messages.Opened](t, others)
					elsewhere := wstest.Listen(map[string]wstest.Peer{"echo": wstest.Echo, "drop": wstest.Drop}[peer])
					defer elsewhere.Close()
					handler := func() actor.Actor {
						return actor.ReceiveFunc(func(ctx actor.Context) {
							if name == "Restarting" {
								if _, ok := ctx.Message().(*messages.Opened); ok {
									panic("so that it is restarted")
								}
							}
							if bad(ctx.Message()) {
								panic(evil{})
							}
						})
					}
					policy := supervisor.Fixed(time.Second)
					policy.MaxAttempts = 3
					conn := connectTo(t, sup, elsewhere, actors.WithHandler(handler), actors.WithPolicy(policy))
					_ = conn.Send(messages.Text("x"))
					pass(10 * time.Second)
					_ = conn.Close(0, "")
					pass(10 * time.Second)
					if n := sup.Running(); n != 1 {
						t.Errorf("%d run:\n%s", n, log)
					}
					speaks(t, neighbour, others)
					others.None(t)
					stopInTime(t, sup)
				})
			})
		}
	}
}
