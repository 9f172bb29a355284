package actors_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Over the limit an upgrade is refused with 503 and Retry-After; one that ends
// makes room.
func TestMaxConnections(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		server.Become(wstest.HTTP(actors.Accept(start(t), actors.WithHandler(echoes), actors.WithMaxConnections(2))))
		first, events := connect(t, clients, server)
		wstest.Next[*messages.Opened](t, events)
		_, second := connect(t, clients, server)
		wstest.Next[*messages.Opened](t, second)
		_, third := connect(t, clients, server)
		e := wstest.Next[*messages.Failed](t, third)
		if !handshakeStatus(http.StatusServiceUnavailable)(e.Err) {
			t.Errorf("got %v", e.Err)
		}
		wstest.Next[*messages.Closed](t, third)
		closeAndWait(t, first, events)
		wstest.Next[*messages.Opened](t, third) // at the next attempt
	})
}

func TestAcceptRate(t *testing.T) {
	sup := start(t)
	server := httptest.NewServer(actors.Accept(sup, actors.WithHandler(echoes), actors.WithAcceptRate(0.001, 2)))
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for i, want := range []int{101, 101, 503} {
		answer := upgrade(t, server.URL, nil)
		if answer.StatusCode != want {
			t.Errorf("%d: status %d", i, answer.StatusCode)
		}
		if after := answer.Header.Get("Retry-After"); want == 503 && after != "1000" {
			t.Errorf("Retry-After %q", after)
		}
		answer.Body.Close()
	}
}

// A client that says nothing is closed to the moment, one that talks is not, and
// its heartbeats do not count as talk. None comes at the moment itself: what has
// arrived by then is read first, which may take a goroutine's turn.
func TestSilentClients(t *testing.T) {
	const limit, pause = 50 * time.Second, 45 * time.Second
	for name, test := range map[string]struct {
		option actors.Option
		code   messages.CloseCode
		talks  time.Duration
	}{
		"first message": {actors.WithFirstMessageTimeout(limit), messages.ClosePolicyViolation, 0},
		"idle":          {actors.WithIdleTimeout(limit), messages.CloseGoingAway, 5 * pause},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
				server.Become(wstest.HTTP(actors.Accept(start(t), actors.WithHandler(echoes), test.option)))
				conn, events := connect(t, clients, server)
				wstest.Next[*messages.Opened](t, events)
				began := time.Now()
				for time.Since(began) < test.talks {
					pass(pause)
					_ = conn.Send(messages.Text("x"))
					wstest.Next[*messages.Received](t, events)
				}
				pass(limit - 1)
				synctest.Wait()
				events.None(t)
				e := wstest.Next[*messages.Closed](t, events)
				if took := time.Since(began); e.Code != test.code || !e.Clean || took != test.talks+limit {
					t.Errorf("got %s after %v", wstest.Describe(e), took)
				}
			})
		})
	}
}

// What a client says while a slow handler keeps the reader from reading cannot be
// heard: it is not closed for that, but when it is silent afterwards.
func TestIdleWhilePaused(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		const slow = time.Hour
		accepted := wstest.NewRecorder().Before(func(event any) {
			if _, ok := event.(*messages.Received); ok {
				pass(slow)
			}
		})
		server.Become(wstest.HTTP(actors.Accept(start(t), actors.WithHandler(accepted.Handler), actors.WithMaxUnhandled(1),
			actors.WithIdleTimeout(time.Minute), actors.WithoutHeartbeat())))
		conn, events := connect(t, clients, server, actors.WithoutHeartbeat(), actors.WithWriteTimeout(never))
		wstest.Next[*messages.Opened](t, events)
		began := time.Now()
		for range 3 {
			_ = conn.Send(messages.Text("x"))
		}
		pass(3*slow + time.Minute/2)
		events.None(t)
		e := wstest.Next[*messages.Closed](t, events)
		if took := time.Since(began); e.Code != messages.CloseGoingAway || took > 3*slow+time.Minute {
			t.Errorf("got %s after %v", wstest.Describe(e), took)
		}
	})
}

// A first message in time is enough.
func TestFirstMessageInTime(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		server.Become(wstest.HTTP(actors.Accept(start(t), actors.WithHandler(echoes),
			actors.WithFirstMessageTimeout(time.Minute))))
		conn, events := connect(t, clients, server)
		wstest.Next[*messages.Opened](t, events)
		_ = conn.Send(messages.Text("x"))
		wstest.Next[*messages.Received](t, events)
		pass(time.Hour)
		events.None(t)
	})
}
