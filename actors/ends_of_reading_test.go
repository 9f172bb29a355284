package actors_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A peer that says its last words and is gone at once was heard to the end, in
// fragments too.
func TestFragmentsBeforeTheEnd(t *testing.T) {
	for range 30 {
		opened := make(chan struct{})
		last := bytes.Join([][]byte{
			wstest.Frame(0x01, []byte("he")), wstest.Frame(0x80, []byte("llo")), wstest.Frame(0x88, []byte{3, 232}),
		}, nil)
		onLoopback(t, func(conn net.Conn) {
			if _, err := wstest.Upgrade(conn); err == nil {
				<-opened
				_, _ = conn.Write(last)
			}
		}, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			_, events := connect(t, sup, server, actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
			wstest.Next[*messages.Opened](t, events)
			close(opened)
			if m := wstest.Next[*messages.Received](t, events); string(m.Data) != "hello" {
				t.Errorf("got %q", m.Data)
			}
			if e := events.Last(t); e.Code != messages.CloseNormal || !e.Clean {
				t.Errorf("got %s", wstest.Describe(e))
			}
		})
	}
}

// What says "no limit" is no limit, and breaks nothing.
func TestNoReadLimit(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	server := httptest.NewServer(actors.Accept(sup, actors.WithReadLimit(math.MaxInt64), actors.WithHandler(events.Handler)))
	defer server.Close()
	conn, err := actors.Connect(sup, server.URL, actors.WithReadLimit(math.MaxInt64),
		actors.WithHandler(wstest.NewRecorder().Handler), actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Send(messages.Text("hi")); err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	if m := wstest.Next[*messages.Received](t, events); string(m.Data) != "hi" {
		t.Errorf("got %q", m.Data)
	}
}

// A compressed message may end before its frame does (RFC 7692, section 7.2.3.4). What
// is left of the frame is not read as frames.
func TestNothingHidesBehindTheLastBlock(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	server := httptest.NewServer(actors.Accept(sup, actors.WithHandler(events.Handler),
		actors.WithCompression(websocket.CompressionContextTakeover)))
	defer server.Close()
	for _, hidden := range [][]byte{
		wstest.Frame(0x81, []byte("hidden")), wstest.Frame(0x88, []byte{3, 232, 255}), wstest.Frame(0x82, make([]byte, 500))[:20],
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		upgradeDeflating(t, conn)
		payload := append(lastBlock("one"), make([]byte, 4096)...)[:4096] // what coder/websocket reads at once
		_, _ = conn.Write(masked(wstest.Frame(0xc1, append(payload, masked(hidden)...))))
		wstest.Next[*messages.Opened](t, events)
		failed := wstest.Next[*messages.Failed](t, events)
		if e := events.Last(t); !isError[*messages.ProtocolError](failed.Err) || e.Code != messages.CloseProtocolError {
			t.Errorf("got %s and %s", wstest.Describe(failed), wstest.Describe(e))
		}
		_ = conn.Close()
	}
}

func isError[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// lastBlock is a text as one block of DEFLATE that says it is the last.
func lastBlock(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.Bytes()
}

func upgradeDeflating(t *testing.T, conn net.Conn) {
	t.Helper()
	_, _ = io.WriteString(conn, strings.Join([]string{
		"GET / HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Extensions: permessage-deflate", "", "",
	}, "\r\n"))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(answer, err)
	}
}

// A rotation that waits for its turn to dial ends with a Close.
func TestCloseEndsARotationThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		server := wstest.Listen(wstest.Echo)
		t.Cleanup(server.Close)
		sup := start(t, supervisor.WithDialRate(1, 1))
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		conn.Rotate()
		synctest.Wait()
		closeAndWait(t, conn, events)
		pass(time.Minute)
		if n := server.Accepted(); n != 1 {
			t.Errorf("dialled %d times", n)
		}
	})
}

// A dialer may return a connection and an error: the connection is closed.
func TestDialerThatReturnsBoth(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var closed atomic.Int32
		_, events := connect(t, sup, server, actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}),
			actors.WithDialContext(func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, _ := server.DialContext(ctx, network, addr)
				return &countsClose{conn, &closed}, errors.New("and yet")
			}))
		failed := wstest.Next[*messages.Failed](t, events)
		if events.Last(t); !isError[*messages.DialError](failed.Err) || closed.Load() != 1 {
			t.Errorf("%v, closed %d times", failed.Err, closed.Load())
		}
	})
}

type countsClose struct {
	net.Conn
	closed *atomic.Int32
}

func (c *countsClose) Close() error {
	c.closed.Add(1)
	return c.Conn.Close()
}
