package actors_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// hostile runs a test with a server of ours in memory, and a neighbour of whoever
// is hostile: a good client that must notice nothing.
func hostile(t *testing.T, options []actors.Option,
	f func(t *testing.T, acceptor *actors.Acceptor, dial func() net.Conn),
) {
	t.Helper()
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		acceptor := actors.Accept(start(t), append([]actors.Option{actors.WithHandler(echoes)}, options...)...)
		server.Become(wstest.HTTP(acceptor)) // which times out requests after 10 s
		good, events := connect(t, clients, server)
		wstest.Next[*messages.Opened](t, events)
		f(t, acceptor, func() net.Conn {
			conn, err := server.DialContext(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			return conn
		})
		_ = good.Send(messages.Text("well?"))
		if e := wstest.Next[*messages.Received](t, events); e.Epoch != 1 {
			t.Errorf("the neighbour was harmed: %s", wstest.Describe(e))
		}
		closeAndWait(t, good, events)
		synctest.Wait()
		if n := acceptor.Stats().Open; n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// upgraded makes a client's handshake by hand, with other headers if there are any.
func upgraded(t *testing.T, conn net.Conn, headers ...string) *bufio.Reader {
	t.Helper()
	whole := strings.TrimSuffix(request, "\r\n") + strings.Join(append(headers, "\r\n"), "\r\n")
	if _, err := io.WriteString(conn, whole); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(answer, err)
	}
	return reader
}

// 1,000 connections that never send a request are closed, and start nothing.
func TestConnectionsWithoutRequest(t *testing.T) {
	hostile(t, nil, func(t *testing.T, acceptor *actors.Acceptor, dial func() net.Conn) {
		conns := make([]net.Conn, 1000)
		for i := range conns {
			conns[i] = dial()
		}
		pass(11 * time.Second)
		for _, conn := range conns {
			if _, err := io.ReadAll(conn); err != nil {
				t.Errorf("not closed: %v", err)
			}
			conn.Close()
		}
		if s := acceptor.Stats(); s.Accepted != 1 {
			t.Errorf("counted %+v", s)
		}
	})
}

// A request of a byte a second is not waited for.
func TestSlowRequest(t *testing.T) {
	hostile(t, nil, func(t *testing.T, acceptor *actors.Acceptor, dial func() net.Conn) {
		conn := dial()
		defer conn.Close()
		go io.Copy(io.Discard, conn) // a 408, which must not find a pipe that nobody reads
		sent := 0
		for ; sent < len(request); sent++ {
			if _, err := conn.Write([]byte(request[sent : sent+1])); err != nil {
				break
			}
			pass(time.Second)
		}
		if sent > 11 || acceptor.Stats().Accepted != 1 {
			t.Errorf("%d bytes were taken", sent)
		}
	})
}

// A message of a byte a second is alive, and nobody else waits for it.
func TestSlowMessage(t *testing.T) {
	hostile(t, nil, func(t *testing.T, _ *actors.Acceptor, dial func() net.Conn) {
		conn := dial()
		reader := upgraded(t, conn)
		for _, b := range masked(wstest.Frame(0x82, make([]byte, 60))) {
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
		}
		echo := make([]byte, 62)
		if _, err := io.ReadFull(reader, echo); err != nil || echo[1] != 60 {
			t.Errorf("got %x, %v", echo, err)
		}
		conn.Close()
	})
}

// A half-open client, of which nothing is ever heard again, is found by the
// heartbeat.
func TestHalfOpenClient(t *testing.T) {
	hostile(t, nil, func(t *testing.T, acceptor *actors.Acceptor, dial func() net.Conn) {
		conn := dial()
		reader := upgraded(t, conn)
		began := time.Now()
		_, _ = io.Copy(io.Discard, reader) // takes the ping, and answers nothing
		if took := time.Since(began); took != interval+timeout {
			t.Errorf("closed after %v", took)
		}
		synctest.Wait()
		if s := acceptor.Stats(); s.Closed[messages.CloseAbnormal] != 1 {
			t.Errorf("counted %+v", s)
		}
	})
}

// A client that sends and does not read its echoes is ended by the write timeout,
// with a bounded amount kept for it.
func TestClientThatStopsReading(t *testing.T) {
	options := []actors.Option{actors.WithQueue(4, 1000), actors.WithoutHeartbeat()}
	hostile(t, options, func(t *testing.T, acceptor *actors.Acceptor, dial func() net.Conn) {
		conn := dial()
		upgraded(t, conn)
		frame := masked(wstest.Frame(0x82, make([]byte, 100)))
		began, sent := time.Now(), 0
		for ; sent < 100_000; sent++ {
			if _, err := conn.Write(frame); err != nil {
				break
			}
			if sent > 1000 {
				pass(10 * time.Millisecond) // or no virtual time passes
			}
		}
		if took := time.Since(began); took > actors.DefaultWriteTimeout+2*time.Second {
			t.Errorf("closed after %v", took)
		}
		synctest.Wait()
		if s := acceptor.Stats(); s.Closed[messages.CloseAbnormal] != 1 {
			t.Errorf("counted %+v", s)
		}
	})
}

// So is one that sends pings and reads no pongs.
func TestPingFlood(t *testing.T) {
	options := []actors.Option{actors.WithQueue(4, 1000), actors.WithReadLimit(1000)}
	hostile(t, options, func(t *testing.T, _ *actors.Acceptor, dial func() net.Conn) {
		conn := dial()
		upgraded(t, conn)
		frame, sent := masked(wstest.Frame(0x89, make([]byte, 100))), 0
		for ; sent < 100_000; sent++ {
			if _, err := conn.Write(frame); err != nil {
				break
			}
		}
		if sent > 100 { // what is kept for it is bounded by the queue and the read limit
			t.Errorf("%d pings were taken", sent)
		}
	})
}

// Over TLS the server's end is the same.
func TestAcceptOverTLS(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	server := httptest.NewTLSServer(actors.Accept(sup, actors.WithHandler(func() actor.Actor { return echoes() })))
	defer server.Close()
	conn, err := actors.Connect(sup, "wss"+strings.TrimPrefix(server.URL, "https"), actors.WithHandler(events.Handler),
		actors.WithTLSConfig(server.Client().Transport.(*http.Transport).TLSClientConfig))
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	for range 100 {
		_ = conn.Send(messages.Text(strings.Repeat("x", 10_000)))
		if e := wstest.Next[*messages.Received](t, events); len(e.Data) != 10_000 {
			t.Errorf("got %s", wstest.Describe(e))
		}
	}
	if e := closeAndWait(t, conn, events); !e.Clean {
		t.Errorf("got %s", wstest.Describe(e))
	}
}
