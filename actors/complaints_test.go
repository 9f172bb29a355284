package actors_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
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

// What bites the users of other clients, a complaint a test. Each fails without what
// answers it.

// No jitter: all come back at one moment (phoenix#4045, mattermost-webapp#10960,
// teleport#6889).
func TestComplaintReconnectStorm(t *testing.T) {
	const n, perSecond = 1000, 50
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		var arrived [60]atomic.Int64
		began := time.Now()
		server := wstest.Listen(wstest.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			arrived[time.Since(began)/time.Second].Add(1)
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		})))
		t.Cleanup(server.Close)
		sup := start(t, supervisor.WithHostDialRate(perSecond, 1))
		for range n {
			connect(t, sup, server, actors.WithPolicy(supervisor.Exponential(time.Second, 2, 10*time.Second)))
		}
		pass(30 * time.Second)
		for second := range 30 {
			if attempts := arrived[second].Load(); attempts > perSecond+1 || attempts < perSecond-1 {
				t.Errorf("%d attempts in second %d", attempts, second)
			}
		}
	})
}

// A server that accepts and closes at once undoes the backoff (alpacon-cli#394).
func TestComplaintBackoffResetOnConnect(t *testing.T) {
	inMemory(t, wstest.CloseWith(1012, ""), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithPolicy(supervisor.Policy{First: 100 * time.Millisecond, Factor: 2, Cap: time.Hour}))
		for attempt := range 8 {
			wstest.Next[*messages.Opened](t, events)
			if e := wstest.Next[*messages.Closed](t, events); e.RetryIn != 100*time.Millisecond<<attempt {
				t.Errorf("attempt %d is retried in %v", attempt+1, e.RetryIn)
			}
		}
	})
}

// A token that has gone stale is sent again with every attempt
// (web_socket_client#31, joewalnes/reconnecting-websocket#57).
func TestComplaintStaleToken(t *testing.T) {
	valid := "monday"
	inMemory(t, guarded(http.StatusUnauthorized, func() string { return valid }), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
			return actors.Credentials{Header: http.Header{"Authorization": {valid}}}, nil
		}, 0))
		wstest.Next[*messages.Opened](t, events)
		valid = "tuesday"
		server.Cut()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		wstest.Next[*messages.Opened](t, events)
	})
}

// A server that refuses is asked for ever (phoenix PR#5155, pladaria#126).
func TestComplaintRetriesForEver(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 410} {
		inMemory(t, wstest.Status(status, nil), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			_, events := connect(t, sup, server)
			if cause := gaveUp(t, events.Last(t)); cause != messages.GaveUpRefused || server.Accepted() != 2 {
				t.Errorf("%d: %v after %d attempts", status, cause, server.Accepted())
			}
		})
	}
	for _, code := range []websocket.StatusCode{1008, 3500, 4999} {
		inMemory(t, wstest.CloseWith(code, ""), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			_, events := connect(t, sup, server)
			if cause := gaveUp(t, events.Last(t)); cause != messages.GaveUpReason || server.Accepted() != 1 {
				t.Errorf("%d: %v after %d attempts", code, cause, server.Accepted())
			}
		})
	}
}

// The first dial is not retried, or start-up waits for it (aspnetcore#24957,
// websockex#52).
func TestComplaintFirstDialNotRetried(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		began := time.Now()
		_, events := connect(t, sup, server)
		if took := time.Since(began); took != 0 {
			t.Errorf("Connect took %v", took)
		}
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		server.Become(wstest.Echo)
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// A socket whose peer has vanished looks open for ever (pladaria#54, graphql-ws#289,
// akka-http#2419).
func TestComplaintHalfOpenSocket(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		opened := time.Now()
		f := wstest.Next[*messages.Failed](t, events)
		if took := time.Since(opened); took != 23*time.Second || !is[*messages.HeartbeatError](f.Err) {
			t.Errorf("got %v after %v", f.Err, took)
		}
	})
}

// The buffer of what is sent while offline grows without bound (socket.io#2003), or is
// full of what is long stale (go-choria#164).
func TestComplaintOfflineBuffer(t *testing.T) {
	read, _ := whileDown(t, func(conn *actors.Conn, _ *requester) {
		for i := range 10_000 {
			_ = conn.Enqueue(&messages.Enqueue{Send: messages.Text(fmt.Sprint("stale", i)), TTL: time.Second})
		}
		if n := conn.Queued(); n != actors.DefaultMaxMessages {
			t.Errorf("%d messages queued", n)
		}
	})
	expect(t, read, "")
	read, _ = whileDown(t, func(conn *actors.Conn, _ *requester) {
		for i := range 10_000 {
			send(t, conn, &messages.Enqueue{Send: messages.Text(fmt.Sprint("price", i)), Key: "price"})
		}
	})
	expect(t, read, "price9999")
}

// One slow reader wedges a broadcast, or eats the memory (livekit/egress#1353,
// matterjs-server#825).
func TestComplaintSlowReaderWedgesBroadcast(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		tree := start(t)
		groups := actors.StartGroups(tree.System())
		defer tree.System().Root.Stop(groups)
		server.Become(wstest.HTTP(actors.Accept(tree, actors.WithQueue(10, 1000), actors.WithHandler(joins(groups)))))
		deaf, _, err := websocket.Dial(t.Context(), server.URL(), &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: &http.Transport{DialContext: server.DialContext}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer deaf.CloseNow() //nolint:errcheck // it reads nothing
		_, events := connect(t, clients, server)
		wstest.Next[*messages.Opened](t, events)
		synctest.Wait()
		began := time.Now()
		for i := range 1000 {
			tree.System().Root.Send(groups, &messages.Broadcast{Group: "all", Message: messages.Text(fmt.Sprint(i))})
			if m := wstest.Next[*messages.Received](t, events); string(m.Data) != fmt.Sprint(i) {
				t.Fatalf("got %s", wstest.Describe(m))
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// joins is a handler that makes its connection a member of a group.
func joins(groups *actor.PID) actor.Producer {
	return func() actor.Actor {
		return actor.ReceiveFunc(func(ctx actor.Context) {
			if m, ok := ctx.Message().(*messages.Opened); ok {
				ctx.Send(groups, &messages.Join{Group: "all", Conn: m.Conn})
			}
		})
	}
}

// Concurrent writes panic (gorilla#957, gorilla#913).
func TestComplaintConcurrentWrites(t *testing.T) {
	log := newPeerLog()
	inMemory(t, log.peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithQueue(10_000, 1<<20))
		const senders, each = 8, 500
		var all sync.WaitGroup
		for sender := range senders {
			all.Go(func() {
				for i := range each {
					if err := conn.Send(messages.Text(fmt.Sprintf("%d %d", sender, i))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if err := conn.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		closeAndWait(t, conn, events)
		server.Close()
		next, n := [senders]int{}, 0
		for _, text := range log.all()[0] {
			var sender, i int
			if _, err := fmt.Sscan(text, &sender, &i); err != nil || i != next[sender] {
				t.Fatalf("got %q, want number %d", text, next[sender])
			}
			next[sender]++
			n++
		}
		if n != senders*each {
			t.Errorf("%d messages arrived", n)
		}
	})
}

// A request hangs when the socket drops (starknet.js#1664, partykit#403).
func TestComplaintRequestHangs(t *testing.T) {
	inMemory(t, answering(func(string) string { return "" }), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0))
		wstest.Next[*messages.Opened](t, events)
		failed := make(chan error, 1)
		go func() {
			_, err := conn.Ask(context.Background(), &messages.Ask{ID: "1", Send: messages.Text("?"), Timeout: time.Hour})
			failed <- err
		}()
		synctest.Wait()
		cut := time.Now()
		server.Cut()
		if err := <-failed; !is[*messages.AnswerLostError](err) || time.Since(cut) != 0 {
			t.Errorf("got %v after %v", err, time.Since(cut))
		}
	})
}

// Subscriptions are not restored (coinbase-pro-node#421).
func TestComplaintSubscriptionsNotRestored(t *testing.T) {
	log := newPeerLog()
	inMemory(t, log.peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithFirst(messages.Text("subscribe")))
		for range 3 {
			wstest.Next[*messages.Opened](t, events)
			synctest.Wait()
			server.Cut()
			wstest.Next[*messages.Failed](t, events)
			wstest.Next[*messages.Closed](t, events)
		}
		closeAndWait(t, conn, events)
		server.Close()
		for _, socket := range log.all() {
			expect(t, socket, "subscribe")
		}
	})
}

// A drain closes everyone at once (graphql-hive/gateway#2554).
func TestComplaintDrainClosesAllAtOnce(t *testing.T) {
	const n, over = 100, 100 * time.Second
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		tree := start(t, supervisor.WithShards(1))
		acceptor := actors.Accept(tree, actors.WithHandler(echoes))
		server.Become(wstest.HTTP(acceptor))
		for range n {
			connect(t, clients, server, actors.WithPolicy(supervisor.Fixed(time.Hour)))
		}
		synctest.Wait()
		go func() { _, _ = tree.Drain(context.Background(), messages.Drain{Over: over}) }()
		for passed := range 10 {
			if open := int(acceptor.Stats().Open); open < n-passed*10 || open > n-passed*10+1 {
				t.Errorf("%d open after %d s", open, passed*10)
			}
			pass(over / 10)
		}
		pass(time.Second)
	})
}
