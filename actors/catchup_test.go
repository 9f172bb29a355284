package actors_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A process that is stopped, as by SIGSTOP, sees neither the time nor what arrives. Here
// that is: whoever holds the actor that gives up is held up until the process goes on,
// and so is what is read; which even then comes a little later.

const later = time.Millisecond

// stopped is a transport of which nothing that arrives between two times is read before
// the second, and a little; nor if it is closed then.
type stopped struct {
	net.Conn
	from, until time.Time
	closed      atomic.Bool
}

func (s *stopped) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if now := time.Now(); !now.Before(s.from) && now.Before(s.until) {
		if pass(s.until.Sub(now) + later); s.closed.Load() {
			return 0, net.ErrClosed
		}
	}
	return n, err
}

func (s *stopped) Close() error {
	s.closed.Store(true)
	return s.Conn.Close()
}

// holdUp holds up a connection for a while.
func holdUp(sup *supervisor.Supervisor, conn *actor.PID, d time.Duration) {
	root := sup.System().Root
	holder := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if _, ok := ctx.Message().(*messages.Inspected); ok {
			pass(d)
			ctx.Stop(ctx.Self())
		}
	}, actor.WithDispatcher(actor.NewSynchronizedDispatcher(1)))) // on the goroutine of who answers
	root.RequestWithCustomSender(conn, &messages.Inspect{}, holder)
}

// holdUpClock holds up what times a tree: the rule of a connection that there is for it.
func holdUpClock(t *testing.T, sup *supervisor.Supervisor, after, d time.Duration) {
	t.Helper()
	server := wstest.Listen(wstest.Echo)
	t.Cleanup(server.Close)
	beats := 0
	_, events := connect(t, sup, server, actors.WithHeartbeatRule(func() actors.Heartbeat {
		return actors.HeartbeatFunc(func(actors.Signs) actors.Beat {
			switch beats++; beats {
			case 1:
				return actors.Beat{Next: after}
			case 2:
				pass(d)
			}
			return actors.Beat{Next: never}
		})
	}))
	wstest.Next[*messages.Opened](t, events)
}

// stopping is a client whose process stops after a while, for a while.
func stopping(server *wstest.Server, after, d time.Duration) actors.Option {
	return actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn {
		from := time.Now().Add(after)
		return &stopped{Conn: conn, from: from, until: from.Add(d)}
	}))
}

// The pong comes while the process is stopped.
func TestStoppedWithPongUnread(t *testing.T) {
	inMemory(t, pongs(time.Second), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		const after, d = interval + timeout/6, 2 * timeout
		conn, events := connect(t, sup, server, stopping(server, after, d))
		wstest.Next[*messages.Opened](t, events)
		holdUpClock(t, sup, after, d)
		pass(time.Minute)
		events.None(t)
		if conn.RTT() == 0 {
			t.Error("no ping was answered")
		}
	})
}

// The answer comes while the process is stopped.
func TestStoppedWithAnswerUnread(t *testing.T) {
	slow := answering(func(text string) string {
		pass(time.Second)
		return "answer " + strings.Fields(text)[1]
	})
	inMemory(t, slow, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0), stopping(server, time.Second/2, time.Minute))
		wstest.Next[*messages.Opened](t, events)
		holdUpClock(t, sup, time.Second/2, time.Minute)
		time.AfterFunc(time.Second/2, func() { holdUp(sup, conn.PID(), time.Minute) })
		if answer, err := conn.Ask(t.Context(), ask("1")); err != nil {
			t.Error(err)
		} else if string(answer.Data) != "answer 1" {
			t.Errorf("got %s", wstest.Describe(answer))
		}
	})
}

// What a client says comes while the server is stopped.
func TestStoppedWithMessageUnread(t *testing.T) {
	for name, option := range map[string]actors.Option{
		"first message": actors.WithFirstMessageTimeout(10 * time.Second),
		"idle":          actors.WithIdleTimeout(10 * time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
				sup, accepted := start(t), wstest.NewRecorder()
				acceptor := wstest.HTTP(actors.Accept(sup, option, actors.WithHandler(accepted.Handler), actors.WithoutHeartbeat()))
				server.Become(func(conn net.Conn) {
					acceptor(&stopped{Conn: conn, from: time.Now().Add(8 * time.Second), until: time.Now().Add(12 * time.Second)})
				})
				conn, events := connect(t, clients, server, actors.WithoutHeartbeat())
				opened := wstest.Next[*messages.Opened](t, accepted)
				wstest.Next[*messages.Opened](t, events)
				pass(8 * time.Second)
				holdUp(sup, opened.Conn, 4*time.Second)
				pass(time.Second)
				_ = conn.Send(messages.Text("x"))
				pass(5 * time.Second)
				wstest.Next[*messages.Received](t, accepted)
				accepted.None(t)
				closeAndWait(t, conn, events)
			})
		})
	}
}

// The peer's close frame comes while the process is stopped.
func TestStoppedWithCloseUnread(t *testing.T) {
	slow := wstest.WebSocket(func(ws *websocket.Conn) {
		pass(time.Second)
		_, _, _ = ws.Read(context.Background())
	})
	inMemory(t, slow, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, stopping(server, time.Second/2, 20*time.Second))
		wstest.Next[*messages.Opened](t, events)
		_ = conn.Close(4000, "")
		pass(time.Second / 2)
		holdUp(sup, conn.PID(), 20*time.Second)
		if e := events.Last(t); !e.Clean || e.Code != 4000 {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// halved is a transport that can end writing, as TCP's.
type halved struct{ net.Conn }

func (*halved) CloseWrite() error { return nil }

// The peer's answer to the close frame for an error comes while the process is stopped.
func TestStoppedWithLastCloseUnread(t *testing.T) {
	slow := func(conn net.Conn) {
		from, err := wstest.Upgrade(conn)
		if err != nil {
			return
		}
		_, _ = conn.Write(wstest.Frame(0x83, nil))
		_ = hearOut(from)
		pass(time.Second / 2)
		_, _ = conn.Write(wstest.Frame(0x88, []byte{3, 0xea}))
	}
	inMemory(t, slow, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		const after, d = time.Second / 4, 20 * time.Second
		events := wstest.NewRecorder()
		conn := connectTo(t, sup, server, actors.WithHandler(events.Handler), actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn {
			from := time.Now().Add(after)
			return &halved{&stopped{Conn: conn, from: from, until: from.Add(d)}}
		})))
		wstest.Next[*messages.Opened](t, events)
		pass(after)
		holdUp(sup, conn.PID(), d)
		wstest.Next[*messages.Failed](t, events)
		if e := wstest.Next[*messages.Closed](t, events); !e.Clean || e.Code != messages.CloseProtocolError {
			t.Errorf("got %s", wstest.Describe(e))
		}
		closeAndWait(t, conn, events)
	})
}

// A rule that gives up is asked again when what has arrived is read: on a socket of
// which the kernel tells, and under TLS, where nobody but the reader's goroutine knows.
func TestRuleIsAskedAgain(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{
		"ws": httptest.NewServer, "wss": httptest.NewTLSServer,
	} {
		t.Run(name, func(t *testing.T) { testRuleIsAskedAgain(t, start) })
	}
}

func testRuleIsAskedAgain(t *testing.T, listen func(http.Handler) *httptest.Server) {
	arrived, release, stop := make(chan struct{}), make(chan struct{}), make(chan struct{})
	server := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		_ = ws.Write(context.Background(), websocket.MessageText, []byte("first"))
		_ = ws.Write(context.Background(), websocket.MessageText, []byte("second"))
		close(arrived)
		<-stop
		_ = ws.CloseNow()
	}))
	defer server.Close()
	var received atomic.Int32
	silent, gaveUp := errors.New("no second message"), false
	events := wstest.NewRecorder()
	_, err := actors.Connect(start(t), "ws"+strings.TrimPrefix(server.URL, "http"), actors.WithHandler(events.Handler),
		actors.WithPolicy(supervisor.Fixed(never)),
		actors.WithTLSConfig(server.Client().Transport.(*http.Transport).TLSClientConfig),
		actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received {
			if received.Add(1) == 1 {
				<-release
			}
			return m
		})),
		actors.WithHeartbeatRule(func() actors.Heartbeat {
			return actors.HeartbeatFunc(func(actors.Signs) actors.Beat {
				<-arrived
				switch {
				case received.Load() == 2:
					return actors.Beat{Next: never}
				case !gaveUp:
					gaveUp = true
					close(release)
				}
				return actors.Beat{Fail: silent}
			})
		}))
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	for _, want := range []string{"first", "second"} {
		if e := wstest.Next[*messages.Received](t, events); string(e.Data) != want {
			t.Errorf("got %s", wstest.Describe(e))
		}
	}
	close(stop)
	if e := wstest.Next[*messages.Failed](t, events); errors.Is(e.Err, silent) || !gaveUp {
		t.Errorf("got %v", e.Err)
	}
}

// wrapped dials a server and puts something around it.
func wrapped(server *wstest.Server, wrap func(net.Conn) net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := server.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	}
}
