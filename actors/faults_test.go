package actors_test

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Every fault ends the epoch in the same way: Failed with a typed reason, unless
// the peer said why, then Closed, and after the delay the next epoch.
func TestFaults(t *testing.T) {
	const text, endOfText = 0x01, 0x80
	tests := []struct {
		name   string
		peer   wstest.Peer
		opened bool
		failed func(error) bool // nil: no Failed
		code   messages.CloseCode
		reason string
		clean  bool
	}{
		{name: "handshake 500", peer: wstest.Status(500, nil), failed: handshakeStatus(500)},
		{name: "handshake 503", peer: wstest.Status(503, nil), failed: handshakeStatus(503)},
		{
			name:   "handshake redirect is not followed",
			peer:   wstest.Status(302, http.Header{"Location": {"http://elsewhere.test/"}}),
			failed: handshakeStatus(302),
		},
		{name: "handshake garbage", peer: wstest.Garbage, failed: handshakeStatus(0)},
		{name: "handshake cut", peer: cutHandshake, failed: is[*messages.HandshakeError]},
		{name: "accept then cut", peer: wstest.Drop, opened: true, failed: is[*messages.ReadError]},
		{
			name: "reset in mid-frame", peer: wstest.Write(wstest.Frame(text|endOfText, make([]byte, 100))[:50]),
			opened: true, failed: is[*messages.ReadError],
		},
		{
			name: "reserved bits", peer: wstest.Write(wstest.Frame(0xf1, []byte("x"))),
			opened: true, failed: is[*messages.ProtocolError], code: messages.CloseProtocolError,
		},
		{
			name: "oversized message", peer: wstest.Write(wstest.Frame(text|endOfText, make([]byte, 2000))),
			opened: true, failed: is[*messages.ReadError], code: messages.CloseMessageTooBig,
		},
		{
			name: "text that is not UTF-8", peer: wstest.Write(wstest.Frame(text|endOfText, []byte{0xff})),
			opened: true, failed: is[*messages.InvalidUTF8Error], code: messages.CloseInvalidPayload,
		},
		{name: "close 1000", peer: wstest.CloseWith(1000, "bye"), opened: true, code: 1000, reason: "bye", clean: true},
		{name: "close 1001", peer: wstest.CloseWith(1001, ""), opened: true, code: 1001, clean: true},
		{name: "close 1012", peer: wstest.CloseWith(1012, ""), opened: true, code: 1012, clean: true},
		{name: "close 4001", peer: wstest.CloseWith(4001, "no"), opened: true, code: 4001, reason: "no", clean: true},
		{
			name: "close without a code", peer: wstest.CloseWith(websocket.StatusNoStatusRcvd, ""),
			opened: true, code: messages.CloseNoStatus, clean: true,
		},
	}
	for _, test := range tests {
		check := func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			conn, events := connect(t, sup, server, actors.WithReadLimit(1000),
				actors.WithPolicy(supervisor.Fixed(20*time.Millisecond)))
			for epoch := uint64(1); epoch <= 3; epoch++ {
				if test.opened {
					if e := wstest.Next[*messages.Opened](t, events); e.Epoch != epoch {
						t.Fatalf("opened epoch %d, want %d", e.Epoch, epoch)
					}
				}
				if test.failed != nil {
					if e := wstest.Next[*messages.Failed](t, events); e.Epoch != epoch || !test.failed(e.Err) {
						t.Fatalf("got %s in epoch %d", wstest.Describe(e), epoch)
					}
				}
				e := wstest.Next[*messages.Closed](t, events)
				code := test.code
				if code == 0 {
					code = messages.CloseAbnormal
				}
				if e.Epoch != epoch || e.Code != code || e.Reason != test.reason || e.Clean != test.clean ||
					!e.WillRetry || e.RetryIn != 20*time.Millisecond || e.Conn != conn.PID() {
					t.Fatalf("got %s", wstest.Describe(e))
				}
				if e.Attempt != int(epoch) {
					t.Fatalf("attempt %d, want %d: the backoff was reset by a socket that was not stable", e.Attempt, epoch)
				}
			}
			closeAndWait(t, conn, events)
		}
		t.Run(test.name+"/memory", func(t *testing.T) { inMemory(t, test.peer, check) })
		t.Run(test.name+"/loopback", func(t *testing.T) { onLoopback(t, test.peer, check) })
	}
}

func is[E error](err error) bool {
	var wanted E
	return errors.As(err, &wanted)
}

func handshakeStatus(status int) func(error) bool {
	return func(err error) bool {
		var e *messages.HandshakeError
		return errors.As(err, &e) && e.Status == status
	}
}

func cutHandshake(conn net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(conn)) }

func TestRefusedDial(t *testing.T) {
	onLoopback(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		server.Close()
		conn, events := connect(t, sup, server)
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.DialError](e.Err) {
			t.Fatalf("got %v", e.Err)
		}
		if e := wstest.Next[*messages.Closed](t, events); !e.WillRetry || e.RetryIn != supervisor.DefaultDelay {
			t.Fatalf("got %s", wstest.Describe(e))
		}
		closeAndWait(t, conn, events)
	})
}

func TestHandshakeTimeout(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		began := time.Now()
		_, events := connect(t, sup, server)
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.HandshakeError](e.Err) {
			t.Fatalf("got %v", e.Err)
		}
		if took := time.Since(began); took != actors.DefaultHandshakeTimeout {
			t.Fatalf("took %v", took)
		}
		wstest.Next[*messages.Closed](t, events)
	})
}

// The default is what users of the browser pattern know: back after 6 s, to the
// moment.
func TestReconnectAfterTheDelay(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		server.Cut()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		cut := time.Now()
		if state := conn.ReadyState(); state != messages.StateConnecting {
			t.Fatalf("%v between two sockets", state)
		}
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 || time.Since(cut) != 6*time.Second {
			t.Fatalf("epoch %d after %v", e.Epoch, time.Since(cut))
		}
	})
}

func TestQueuedWhileDownIsSentInOrder(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		server.Cut()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		for i := range byte(100) {
			if err := conn.Send(messages.Binary([]byte{i})); err != nil {
				t.Fatal(err)
			}
		}
		if n, bytes := conn.Queued(), conn.BufferedAmount(); n != 100 || bytes != 100 {
			t.Fatalf("%d messages, %d bytes queued", n, bytes)
		}
		wstest.Next[*messages.Opened](t, events)
		for i := range byte(100) {
			if e := wstest.Next[*messages.Received](t, events); !bytes.Equal(e.Data, []byte{i}) || e.Epoch != 2 {
				t.Fatalf("got %s, want %d", wstest.Describe(e), i)
			}
		}
		if n := conn.Queued(); n != 0 {
			t.Fatalf("%d messages queued", n)
		}
	})
}

// A server that accepts and closes at once must not undo the backoff; one that
// stayed for the stable uptime does.
func TestBackoffResetsAfterStableUptimeOnly(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithPolicy(
			supervisor.Policy{First: time.Second, Factor: 2, Cap: time.Minute}))
		for i, test := range []struct {
			uptime  time.Duration
			attempt int
			delay   time.Duration
		}{
			{0, 1, time.Second},
			{time.Second, 2, 2 * time.Second},
			{5*time.Second - 1, 3, 4 * time.Second},
			{5 * time.Second, 1, time.Second},
			{0, 2, 2 * time.Second},
		} {
			wstest.Next[*messages.Opened](t, events)
			pass(test.uptime)
			server.Cut()
			wstest.Next[*messages.Failed](t, events)
			if e := wstest.Next[*messages.Closed](t, events); e.Attempt != test.attempt || e.RetryIn != test.delay {
				t.Fatalf("%d: attempt %d, retry in %v; want %d, %v", i, e.Attempt, e.RetryIn, test.attempt, test.delay)
			}
		}
	})
}

func TestPolicyEndsTheConnection(t *testing.T) {
	policies := map[string]supervisor.Policy{
		"by close code": {Classify: supervisor.OnCloseCodes(4001)},
		"by attempts":   {MaxAttempts: 1},
	}
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.CloseWith(4001, "banned"), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server, actors.WithPolicy(policy))
				wstest.Next[*messages.Opened](t, events)
				if e := wstest.Next[*messages.Closed](t, events); e.WillRetry || e.Code != 4001 || !e.Clean {
					t.Fatalf("got %s", wstest.Describe(e))
				}
				synctest.Wait()
				if state := conn.ReadyState(); state != messages.StateClosed {
					t.Fatalf("state %v", state)
				}
				if n := sup.Running(); n != 0 {
					t.Fatalf("%d connections left", n)
				}
				if err := conn.Send(messages.Text("x")); !is[*messages.ClosedError](err) {
					t.Fatalf("got %v", err)
				}
			})
		})
	}
}
