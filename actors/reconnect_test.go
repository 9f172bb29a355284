package actors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// guarded is a peer that lets in who has the token of the day, and refuses all others
// with a status.
func guarded(status int, token func() string) wstest.Peer {
	return wstest.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != token() {
			http.Error(w, "no", status)
			return
		}
		wstest.ServeEcho(w, r)
	}))
}

// Credentials are asked for before every attempt, with a context that ends.
func TestFreshCredentials(t *testing.T) {
	day := 0
	token := func() string { return fmt.Sprint("token ", day) }
	inMemory(t, guarded(http.StatusUnauthorized, token), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		asked := 0
		_, events := connect(t, sup, server, actors.WithCredentials(func(ctx context.Context) (actors.Credentials, error) {
			asked++
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != actors.DefaultCredentialsTimeout {
				t.Errorf("deadline %v", deadline)
			}
			return actors.Credentials{Header: http.Header{"Authorization": {token()}}}, nil
		}, 0))
		for epoch := 1; epoch <= 3; epoch++ {
			wstest.Next[*messages.Opened](t, events)
			if asked != epoch {
				t.Errorf("asked %d times in epoch %d", asked, epoch)
			}
			day++
			server.Cut()
			wstest.Next[*messages.Failed](t, events)
			wstest.Next[*messages.Closed](t, events)
		}
	})
}

// One who has no credentials, or bad ones, or does not answer, or panics, has failed
// the attempt, and the policy says what comes next.
func TestCredentialsFail(t *testing.T) {
	none := errors.New("the vault is sealed")
	for name, test := range map[string]struct {
		provide actors.Provide
		is      func(error) bool
		took    time.Duration
	}{
		"error": {func(context.Context) (actors.Credentials, error) { return actors.Credentials{}, none },
			func(err error) bool { return errors.Is(err, none) }, 0},
		"bad URL": {func(context.Context) (actors.Credentials, error) { return actors.Credentials{URL: "ftp://x"}, nil },
			is[*messages.OptionError], 0},
		"bad header": {func(context.Context) (actors.Credentials, error) {
			return actors.Credentials{Header: http.Header{"Upgrade": {"x"}}}, nil
		}, is[*messages.OptionError], 0},
		"panic": {func(context.Context) (actors.Credentials, error) { panic("no vault") }, is[*messages.HandlerError], 0},
		"does not end": {func(context.Context) (actors.Credentials, error) {
			time.Sleep(time.Minute)
			return actors.Credentials{}, nil
		}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				began := time.Now()
				conn, events := connect(t, sup, server, actors.WithCredentials(test.provide, 3*time.Second))
				f := wstest.Next[*messages.Failed](t, events)
				if !is[*messages.CredentialsError](f.Err) || !test.is(f.Err) || time.Since(began) != test.took {
					t.Errorf("got %v after %v", f.Err, time.Since(began))
				}
				if e := wstest.Next[*messages.Closed](t, events); !e.WillRetry {
					t.Errorf("got %s", wstest.Describe(e))
				}
				closeAndWait(t, conn, events)
				pass(time.Minute)
			})
		})
	}
}

// A close ends the asking for credentials at once.
func TestCloseEndsCredentials(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		ended := make(chan error, 1)
		conn, events := connect(t, sup, server, actors.WithCredentials(func(ctx context.Context) (actors.Credentials, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return actors.Credentials{}, ctx.Err()
		}, time.Hour))
		synctest.Wait()
		began := time.Now()
		closeAndWait(t, conn, events)
		if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

// gaveUp returns why a Closed is the last.
func gaveUp(t *testing.T, e *messages.Closed) messages.GaveUpCause {
	t.Helper()
	var gaveUp *messages.GaveUpError
	if e.WillRetry || !errors.As(e.Err, &gaveUp) {
		t.Fatalf("got %s, %v", wstest.Describe(e), e.Err)
	}
	return gaveUp.Cause
}

// Fail fast is for the first attempt alone.
func TestFailFast(t *testing.T) {
	inMemory(t, wstest.Status(503, nil), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithFailFast())
		wstest.Next[*messages.Failed](t, events)
		if cause := gaveUp(t, wstest.Next[*messages.Closed](t, events)); cause != messages.GaveUpFirst {
			t.Errorf("got %v", cause)
		}
		server.Become(wstest.Echo)
		_, events = connect(t, sup, server, actors.WithFailFast())
		wstest.Next[*messages.Opened](t, events)
		server.Cut()
		wstest.Next[*messages.Failed](t, events)
		if e := wstest.Next[*messages.Closed](t, events); !e.WillRetry || e.Err != nil {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// The policy's bounds, and a close that was asked for, are told apart.
func TestGivingUpSaysWhy(t *testing.T) {
	inMemory(t, wstest.Status(503, nil), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithPolicy(supervisor.Policy{MaxAttempts: 2}))
		if cause := gaveUp(t, events.Last(t)); cause != messages.GaveUpAttempts {
			t.Errorf("got %v", cause)
		}
		conn, events := connect(t, sup, server)
		synctest.Wait()
		if e := closeAndWait(t, conn, events); e.Err != nil {
			t.Errorf("got %v", e.Err)
		}
	})
}

// Retry-After is honoured by a connection.
func TestRetryAfterIsHonoured(t *testing.T) {
	inMemory(t, wstest.Status(503, http.Header{"Retry-After": {"30"}}), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server)
		wstest.Next[*messages.Failed](t, events)
		if e := wstest.Next[*messages.Closed](t, events); e.RetryIn != 30*time.Second {
			t.Errorf("retried in %v", e.RetryIn)
		}
	})
}

// Reconnect skips the delay, of one connection or of all, once.
func TestReconnectNow(t *testing.T) {
	changes := make(chan struct{})
	for name, now := range map[string]func(*supervisor.Supervisor, *actors.Conn){
		"connection": func(_ *supervisor.Supervisor, conn *actors.Conn) { conn.Reconnect(); conn.Reconnect() },
		"tree":       func(sup *supervisor.Supervisor, _ *actors.Conn) { sup.Reconnect(); sup.Reconnect() },
		"network":    func(*supervisor.Supervisor, *actors.Conn) { changes <- struct{}{} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				t.Cleanup(func() { pass(2 * time.Second) })
				server := wstest.Listen(wstest.Status(503, nil))
				t.Cleanup(server.Close)
				changes = make(chan struct{})
				sup := start(t, supervisor.WithNetworkChanges(changes), supervisor.WithPolicy(supervisor.Fixed(time.Hour)))
				conn, events := connect(t, sup, server)
				wstest.Next[*messages.Failed](t, events)
				wstest.Next[*messages.Closed](t, events)
				server.Become(wstest.Echo)
				began := time.Now()
				now(sup, conn)
				if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 || time.Since(began) != 0 {
					t.Errorf("epoch %d after %v", e.Epoch, time.Since(began))
				}
				pass(2 * time.Hour)
				events.None(t)
				if conn.Epoch() != 2 {
					t.Errorf("epoch %d", conn.Epoch())
				}
			})
		})
	}
}

// While it is open, Reconnect asks for a sign of life now: a socket of a network that
// is gone is found out in the heartbeat's timeout.
func TestReconnectProbes(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		pass(time.Second)
		asked := time.Now()
		conn.Reconnect()
		f := wstest.Next[*messages.Failed](t, events)
		if took := time.Since(asked); took != actors.DefaultHeartbeatTimeout || !is[*messages.HeartbeatError](f.Err) {
			t.Errorf("got %v after %v", f.Err, took)
		}
	})
}

// A connection says for how long it has waited for its turn, and one that closes gives
// its place back.
func TestWaitingForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		server := wstest.Listen(wstest.Frozen)
		t.Cleanup(server.Close)
		sup := start(t, supervisor.WithMaxDials(1, 1))
		first, firstEvents := connect(t, sup, server, actors.WithHandshakeTimeout(time.Hour))
		synctest.Wait()
		second, events := connect(t, sup, server)
		third, thirdEvents := connect(t, sup, server)
		pass(time.Minute)
		if waited := inspect(t, sup, second).WaitsForTurn; waited != time.Minute {
			t.Errorf("waited for %v", waited)
		}
		if waited := inspect(t, sup, first).WaitsForTurn; waited != 0 {
			t.Errorf("waited for %v", waited)
		}
		closeAndWait(t, third, thirdEvents)
		server.Become(wstest.Echo)
		closeAndWait(t, first, firstEvents)
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 1 {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}
