package actors_test

import (
	"context"
	"net"
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

// dials asks the governor.
func dials(t *testing.T, sup *supervisor.Supervisor) *messages.InspectedDials {
	t.Helper()
	got := make(chan *messages.InspectedDials, 1)
	root := sup.System().Root
	asker := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.InspectedDials); ok {
			got <- m
		}
	}))
	defer root.Stop(asker)
	root.RequestWithCustomSender(sup.PID(), &messages.InspectDials{}, asker)
	return <-got
}

// dialled has a bubble with a tree whose turns to dial are one at a time.
func dialled(t *testing.T, peer wstest.Peer, f func(*testing.T, *supervisor.Supervisor, *wstest.Server)) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		server := wstest.Listen(peer)
		t.Cleanup(server.Close)
		f(t, start(t, supervisor.WithMaxDials(1, 1)), server)
	})
}

// A dial ends with its attempt: when its time is over, and when the connection is
// closed. Nothing dials into a black hole on its own.
func TestDialEndsWithItsAttempt(t *testing.T) {
	for _, url := range []string{"ws://hole.test/", "wss://hole.test/"} {
		dialled(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			var dialling atomic.Int64
			hole := func(ctx context.Context, _, _ string) (net.Conn, error) {
				dialling.Add(1)
				defer dialling.Add(-1)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			events := wstest.NewRecorder()
			conn, err := actors.Connect(sup, url, actors.WithDialContext(hole), actors.WithPolicy(supervisor.Fixed(time.Hour)),
				actors.WithHandshakeTimeout(time.Second), actors.WithHandler(events.Handler))
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				began := time.Now()
				if e := wstest.Next[*messages.Failed](t, events); !is[*messages.DialError](e.Err) || time.Since(began) > time.Second {
					t.Errorf("%s: got %v after %v", url, e.Err, time.Since(began))
				}
				wstest.Next[*messages.Closed](t, events)
				synctest.Wait()
				if n, d := dialling.Load(), dials(t, sup); n != 0 || d.Dialling != 0 {
					t.Errorf("%s: %d dials are left, the governor counts %d", url, n, d.Dialling)
				}
				sup.Reconnect()
			}
			synctest.Wait()
			if n := dialling.Load(); n != 1 {
				t.Fatalf("%s: %d dials", url, n)
			}
			closeAndWait(t, conn, events)
			synctest.Wait()
			if n := dialling.Load(); n != 0 {
				t.Errorf("%s: %d dials outlive the connection", url, n)
			}
		})
	}
}

// heedless is a dialer that waits for a release, whatever its context says.
type heedless struct {
	server  *wstest.Server
	began   atomic.Int64
	release chan struct{}
}

func (h *heedless) dial(_ context.Context, network, addr string) (net.Conn, error) {
	h.began.Add(1)
	<-h.release
	return h.server.DialContext(context.Background(), network, addr)
}

// An attempt whose dial does not end with it is over in time for the connection. The
// governor counts it until it is really over, and what it brings then is closed.
func TestGovernorCountsWhatIsLeft(t *testing.T) {
	var closed atomic.Int64
	echo := func(conn net.Conn) {
		wstest.Echo(conn)
		closed.Add(1)
	}
	dialled(t, echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		h := &heedless{server: server, release: make(chan struct{})}
		conn, events := connect(t, sup, server, actors.WithDialContext(h.dial),
			actors.WithHandshakeTimeout(time.Second), actors.WithPolicy(supervisor.Fixed(time.Second)))
		began := time.Now()
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.DialError](e.Err) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v", e.Err, time.Since(began))
		}
		wstest.Next[*messages.Closed](t, events)
		pass(time.Minute)
		if d := dials(t, sup); h.began.Load() != 1 || d.Dialling != 1 || d.Waiting != 1 {
			t.Errorf("%d dials began, the governor counts %+v", h.began.Load(), d)
		}
		close(h.release)
		wstest.Next[*messages.Opened](t, events)
		synctest.Wait()
		if d := dials(t, sup); h.began.Load() != 2 || closed.Load() != 1 || d.Dialling != 0 {
			t.Errorf("%d dials began, %d were closed, the governor counts %+v", h.began.Load(), closed.Load(), d)
		}
		closeAndWait(t, conn, events)
	})
}

// The dials of one epoch are told apart: a rotation that is tried again waits for what
// is left of the one before.
func TestRotationWaitsForWhatIsLeft(t *testing.T) {
	dialled(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		h := &heedless{server: server, release: make(chan struct{})}
		var rotating atomic.Bool
		conn, events := connect(t, sup, server, actors.WithDialContext(func(ctx context.Context, network, addr string) (net.Conn, error) {
			if rotating.Swap(true) {
				return h.dial(ctx, network, addr)
			}
			return server.DialContext(ctx, network, addr)
		}))
		wstest.Next[*messages.Opened](t, events)
		sup.System().Root.Send(conn.PID(), &messages.Rotate{})
		pass(time.Minute)
		if d := dials(t, sup); h.began.Load() != 1 || d.Dialling != 1 || d.Waiting != 1 {
			t.Errorf("%d dials began, the governor counts %+v", h.began.Load(), d)
		}
		close(h.release)
		wstest.Next[*messages.Closed](t, events)
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 {
			t.Errorf("got %s", wstest.Describe(e))
		}
		synctest.Wait()
		if d := dials(t, sup); h.began.Load() != 2 || d.Dialling != 0 {
			t.Errorf("%d dials began, the governor counts %+v", h.began.Load(), d)
		}
		closeAndWait(t, conn, events)
	})
}

// Provide counts as well.
func TestGovernorCountsCredentials(t *testing.T) {
	dialled(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		release := make(chan struct{})
		conn, events := connect(t, sup, server, actors.WithPolicy(supervisor.Fixed(time.Second)),
			actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
				<-release
				return actors.Credentials{}, nil
			}, time.Second))
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.CredentialsError](e.Err) {
			t.Errorf("got %v", e.Err)
		}
		wstest.Next[*messages.Closed](t, events)
		pass(time.Minute)
		if d := dials(t, sup); d.Dialling != 1 || d.Waiting != 1 {
			t.Errorf("the governor counts %+v", d)
		}
		close(release)
		wstest.Next[*messages.Opened](t, events)
		closeAndWait(t, conn, events)
	})
}
