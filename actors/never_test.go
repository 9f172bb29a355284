package actors_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// never is what users write for it.
const never = time.Duration(math.MaxInt64)

// Whatever a connection says for "never", it works, and does not stop the clock of the
// others: a dead peer is found in time.
func TestNeverStopsNoClock(t *testing.T) {
	rule := func(beat actors.Beat) actors.Option {
		return actors.WithHeartbeatRule(func() actors.Heartbeat {
			return actors.HeartbeatFunc(func(actors.Signs) actors.Beat { return beat })
		})
	}
	credentials := func(context.Context) (actors.Credentials, error) { return actors.Credentials{}, nil }
	for name, options := range map[string][]actors.Option{
		"interval":     {actors.WithHeartbeat(never, never)},
		"timeout":      {actors.WithHeartbeat(never-1, time.Second)},
		"rule":         {rule(actors.Beat{Next: never})},
		"rule, early":  {rule(actors.Beat{Next: never, Early: math.MinInt64})},
		"rule, pinged": {rule(actors.Beat{Ping: true, Next: never - 1})},
		"age":          {actors.WithMaxAge(never, 0), actors.WithoutHeartbeat()},
		"age, jitter":  {actors.WithMaxAge(never, 0.5), actors.WithoutHeartbeat()}, // 146 years at least
		"timeouts": {actors.WithHandshakeTimeout(never), actors.WithWriteTimeout(never), actors.WithCloseTimeout(never),
			actors.WithCredentials(credentials, never), actors.WithoutHeartbeat()},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				deadInTime(t, sup) // and the clock has been running for a while
				conn, events := connect(t, sup, server, append(options, actors.WithCorrelation(every, 0))...)
				wstest.Next[*messages.Opened](t, events)
				deadInTime(t, sup)
				pass(100 * 365 * 24 * time.Hour)
				if _, err := conn.Deliver(t.Context(), &messages.Enqueue{Send: messages.Text("x"), TTL: never}); err != nil {
					t.Errorf("TTL: %v", err)
				}
				wstest.Next[*messages.Received](t, events)
				ask := &messages.Ask{Send: messages.Text("answer"), ID: "answer", Timeout: never}
				if _, err := conn.Ask(t.Context(), ask); err != nil {
					t.Errorf("ask: %v", err)
				}
				if e := closeAndWait(t, conn, events); !e.Clean {
					t.Errorf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// every takes a message of several letters for the answer to itself.
func every(m *messages.Received) (string, bool) { return string(m.Data), len(m.Data) > 1 }

// deadInTime fails unless a peer that is dead is found as soon as it should.
func deadInTime(t *testing.T, sup *supervisor.Supervisor) {
	t.Helper()
	mute := wstest.Listen(wstest.Mute)
	defer mute.Close()
	conn, events := connect(t, sup, mute, actors.WithPolicy(supervisor.Fixed(never)))
	wstest.Next[*messages.Opened](t, events)
	opened := time.Now()
	e := wstest.Next[*messages.Failed](t, events)
	if took := time.Since(opened); !is[*messages.HeartbeatError](e.Err) || took != interval+timeout {
		t.Errorf("%v after %v", e.Err, took)
	}
	if e := wstest.Next[*messages.Closed](t, events); e.RetryIn != never {
		t.Errorf("got %s", wstest.Describe(e))
	}
	closeAndWait(t, conn, events)
}

// A ping's answer may take for ever.
func TestTimeoutNever(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithHeartbeat(time.Second, never), actors.WithCloseTimeout(time.Second))
		wstest.Next[*messages.Opened](t, events)
		pass(time.Hour)
		deadInTime(t, sup)
		pass(24 * time.Hour)
		events.None(t)
	})
}

// A server's client may say nothing for ever.
func TestLimitsNever(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		accepted := wstest.NewRecorder()
		acceptor := actors.Accept(sup, actors.WithHandler(accepted.Handler), actors.WithoutHeartbeat(),
			actors.WithFirstMessageTimeout(never), actors.WithIdleTimeout(never), actors.WithAcceptRate(math.SmallestNonzeroFloat64, 1))
		server.Become(wstest.HTTP(acceptor))
		conn, events := connect(t, start(t), server, actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		pass(24 * time.Hour)
		_ = conn.Send(messages.Text("x"))
		wstest.Next[*messages.Opened](t, accepted)
		wstest.Next[*messages.Received](t, accepted)
		pass(24 * time.Hour)
		synctest.Wait()
		events.None(t)
		accepted.None(t)
		_, refused := connect(t, start(t), server, actors.WithFailFast())
		var handshake *messages.HandshakeError
		if e := wstest.Next[*messages.Failed](t, refused); !errors.As(e.Err, &handshake) ||
			handshake.Status != http.StatusServiceUnavailable || handshake.Header.Get("Retry-After") != "9223372037" {
			t.Errorf("got %v, %+v", e.Err, handshake)
		}
		closeAndWait(t, conn, events)
	})
}
