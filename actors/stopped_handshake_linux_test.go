package actors_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// inKernel is a transport in memory of which the kernel says that there is more to read.
type inKernel struct {
	net.Conn
	kernel syscall.Conn
}

func (k *inKernel) SyscallConn() (syscall.RawConn, error) { return k.kernel.SyscallConn() }

// unreadConn returns a real connection with a byte that nobody reads.
func unreadConn(t *testing.T) syscall.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // it is over either way
	from, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	to, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = from.Close()
		_ = to.Close()
	})
	if _, err := from.Write([]byte("xx")); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Read(make([]byte, 1)); err != nil { // so they have arrived
		t.Fatal(err)
	}
	return to.(syscall.Conn)
}

// slowly answers after a while.
func slowly(peer wstest.Peer) wstest.Peer {
	return func(conn net.Conn) {
		pass(atHandshake * 3 / 4)
		peer(conn)
	}
}

// connectProxy is an HTTP proxy that is the server too.
func connectProxy(conn net.Conn) {
	if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 x\r\n\r\n")
	wstest.Echo(conn)
}

// socksProxy is likewise.
func socksProxy(conn net.Conn) {
	_, _ = io.ReadFull(conn, make([]byte, 3))
	_, _ = io.WriteString(conn, "\x05\x00")
	_, _ = io.ReadFull(conn, make([]byte, 5+len("h.test")+2))
	_, _ = io.WriteString(conn, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
	wstest.Echo(conn)
}

// What a handshake waits for comes while the process is stopped: the answer, the server's
// part of TLS, or a proxy's answer.
func TestStoppedWithHandshakeUnread(t *testing.T) {
	for name, test := range map[string]struct {
		peer       wstest.Peer
		url, proxy string
	}{
		"answer":      {wstest.Echo, "ws://h.test/", ""},
		"TLS":         {secured(t, wstest.Echo), "wss://example.com/", ""},
		"http proxy":  {connectProxy, "ws://h.test/", "http://p.test"},
		"socks5":      {socksProxy, "ws://h.test/", "socks5://p.test"},
		"https proxy": {secured(t, connectProxy), "ws://h.test/", "https://example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			trusted, kernel := trusted(t), unreadConn(t)
			inMemory(t, slowly(test.peer), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				events := wstest.NewRecorder()
				conn, err := actors.Connect(sup, test.url, actors.WithHandler(events.Handler), actors.WithTLSConfig(trusted),
					actors.WithProxy(proxyAt(t, test.proxy)), actors.WithHandshakeTimeout(atHandshake),
					actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn {
						from := time.Now().Add(atHandshake / 2)
						return &inKernel{&stopped{Conn: conn, from: from, until: from.Add(atHandshake)}, kernel}
					})))
				if err != nil {
					t.Fatal(err)
				}
				wstest.Next[*messages.Opened](t, events)
				closeAndWait(t, conn, events)
			})
		})
	}
}

// Bytes that are never read, or that always come, are waited for once, for a second.
func TestUnreadHandshakeIsBounded(t *testing.T) {
	kernel := unreadConn(t)
	for name, peer := range map[string]wstest.Peer{
		"nothing is read": wstest.Frozen, "letters": dribble("HTTP/1.1 101 ", "x", 10*time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				err := failsAfter(t, sup, "ws://h.test/", atHandshake+time.Second, actors.WithProxy(nil),
					actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn { return &inKernel{conn, kernel} })))
				if !is[*messages.HandshakeError](err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func proxyAt(t *testing.T, at string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	if at == "" {
		return nil
	}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(u)
}
