package actors_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A proxy is told the user and password of its URL, and if that will not do the error
// says so, but not the password.
func TestProxyCredentials(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echoHandler))
	defer server.Close()
	user := url.UserPassword("fred", "s3cr3t")
	for _, scheme := range []string{"http", "https", "socks5"} {
		proxy := proxytest.Start(t, scheme, user)
		for _, given := range []*url.Userinfo{user, url.UserPassword("fred", "wr0ng"), nil} {
			u := *proxy
			u.User = given
			err := through(t, server.URL, actors.WithProxy(http.ProxyURL(&u)))
			if given == user {
				if err != nil {
					t.Errorf("%s: got %v", scheme, err)
				}
				continue
			}
			var refused *messages.ProxyError
			if !is[*messages.DialError](err) || !errors.As(err, &refused) || refused.Proxy != scheme+"://"+u.Host {
				t.Fatalf("%s, %v: got %v", scheme, given, err)
			}
			if text := err.Error(); strings.Contains(text, "wr0ng") || strings.Contains(text, "s3cr3t") {
				t.Errorf("%s: the password is in %q", scheme, text)
			}
			if scheme == "socks5" {
				continue
			}
			const asked = `Basic realm="corp"`
			text := "HTTP 407 Proxy Authentication Required: its URL has no user"
			if given != nil {
				text = "HTTP 407 Proxy Authentication Required: it does not take the user"
			}
			if refused.Status != 407 || refused.Header.Get("Proxy-Authenticate") != asked || !strings.Contains(err.Error(), text) {
				t.Errorf("%s, %v: got %v", scheme, given, err)
			}
		}
	}
}

// A proxy that is none, or does not connect, fails the attempt in its name.
func TestProxyFails(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echoHandler))
	defer server.Close()
	answer := func(raw string) string {
		return "http://" + proxytest.Serve(t, func(conn net.Conn) {
			defer conn.Close()
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, raw)
			}
		})
	}
	for proxy, text := range map[string]string{
		"ftp://127.0.0.1:1":                             "its scheme is not",
		"http://:1":                                     "its URL has no host",
		"socks5://127.0.0.1:1":                          "dial tcp",
		"http://127.0.0.1:1":                            "dial tcp",
		"https" + answer("")[len("http"):]:              "",
		answer(""):                                      "unexpected EOF",
		answer("220 smtp.example ready\r\n"):            "malformed",
		answer("HTTP/1.1 503 x\r\n\r\n"):                "HTTP 503",
		answer("HTTP/1.1 302 x\r\nLocation: /\r\n\r\n"): "HTTP 302",
		answer("HTTP/1.1 200 x\r\n" + strings.Repeat("a: b\r\n", 1<<16)): "larger",
	} {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		err = through(t, server.URL, actors.WithProxy(http.ProxyURL(u)))
		var failed *messages.ProxyError
		if !is[*messages.DialError](err) || !errors.As(err, &failed) || failed.Proxy != proxy || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %v, want %q", proxy, err, text)
		}
	}
	no := errors.New("no proxy today")
	err := through(t, server.URL, actors.WithProxy(func(*http.Request) (*url.URL, error) { return nil, no }))
	if !is[*messages.DialError](err) || !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
}

// through makes one attempt, and returns why it failed or nil.
func through(t *testing.T, url string, options ...actors.Option) error {
	t.Helper()
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), url, append([]actors.Option{
		actors.WithTLSConfig(trusted(t)), actors.WithHandler(events.Handler)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAndWait(t, conn, events)
	if e, ok := events.Any(t).(*messages.Failed); ok {
		return e.Err
	}
	return nil
}

// What is above the socket is what was configured: through every proxy and none, with
// compression and without, the first messages included and after a reconnect, wss has
// only records of TLS on the wire once the proxy has answered.
func TestLayers(t *testing.T) {
	for _, proxy := range []string{"none", "http", "https", "socks5"} {
		for _, scheme := range []string{"ws", "wss"} {
			for _, mode := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionContextTakeover} {
				name := proxy + "/" + scheme + map[bool]string{true: "/deflate"}[mode != 0]
				t.Run(name, func(t *testing.T) { testLayers(t, proxy, scheme, mode) })
			}
		}
	}
}

func testLayers(t *testing.T, proxy, scheme string, mode websocket.CompressionMode) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(echoHandler))
	start := map[string]func(){"ws": server.Start, "wss": server.StartTLS}[scheme]
	start()
	defer server.Close()
	via, through := server.Listener.Addr().String(), (func(*http.Request) (*url.URL, error))(nil)
	if proxy != "none" {
		u := proxytest.Start(t, proxy, nil)
		via, through = u.Host, http.ProxyURL(u)
	}
	tap := newTap(t, via)
	echoAll(t, tap, scheme+"://"+server.Listener.Addr().String(),
		actors.WithProxy(through), actors.WithCompression(mode))
	wires := tap.all()
	if len(wires) != 2 {
		t.Fatalf("%d connections", len(wires))
	}
	for i, w := range wires {
		sent, received := afterProxy(t, proxy, w)
		if scheme == "wss" || proxy == "https" {
			onlyTLS(t, i, sent)
			onlyTLS(t, i, received)
		} else if !bytes.HasPrefix(sent, []byte("GET / HTTP/1.1\r\n")) {
			t.Errorf("epoch %d began with %.40q", i+1, sent)
		}
	}
}

// So it is with TLS that a dialer of the user's made, below a ws.
func TestLayerOfADialer(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(echoHandler))
	defer server.Close()
	config := trusted(t)
	config.ServerName = "example.com"
	tap := newTap(t, server.Listener.Addr().String())
	echoAll(t, tap, "ws://h.test/", actors.WithProxy(nil),
		actors.WithDialContext(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := tap.dial(ctx, network, addr)
			return tls.Client(conn, config), err
		}))
	for i, w := range tap.all() {
		onlyTLS(t, i, w.sent.Bytes())
		onlyTLS(t, i, w.received.Bytes())
	}
}

// At a server the socket is above TLS, if there is any.
func TestLayersOfAServer(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		for _, mode := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionContextTakeover} {
			server := httptest.NewUnstartedServer(actors.Accept(start(t), actors.WithHandler(echoes),
				actors.WithCompression(mode), actors.WithHeartbeat(time.Millisecond, time.Minute)))
			server.Config.ErrorLog = discardLog
			map[string]func(){"ws": server.Start, "wss": server.StartTLS}[scheme]()
			tap := newTap(t, server.Listener.Addr().String())
			echoAll(t, tap, scheme+"://"+server.Listener.Addr().String(), actors.WithProxy(nil), actors.WithCompression(mode))
			for i, w := range tap.all() {
				if scheme == "wss" {
					onlyTLS(t, i, w.sent.Bytes())
					onlyTLS(t, i, w.received.Bytes())
				} else if !bytes.HasPrefix(w.received.Bytes(), []byte("HTTP/1.1 101")) {
					t.Errorf("%s: %.40q", scheme, w.received.Bytes())
				}
			}
			server.Close()
		}
	}
}

// echoAll has messages of all sizes echoed, in two epochs.
func echoAll(t *testing.T, tap *tap, url string, options ...actors.Option) {
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), url, append([]actors.Option{
		actors.WithDialContext(tap.dial), actors.WithTLSConfig(trusted(t))}, append(options,
		actors.WithFirst(messages.Text("login")), actors.WithHeartbeat(time.Millisecond, time.Minute),
		actors.WithPolicy(supervisor.Fixed(time.Millisecond)), actors.WithHandler(events.Handler))...)...)
	if err != nil {
		t.Fatal(err)
	}
	for epoch := range 2 {
		echoSizes(t, conn, events)
		if epoch == 0 {
			tap.cut()
			wstest.Next[*messages.Failed](t, events)
			wstest.Next[*messages.Closed](t, events)
		}
	}
	if e := closeAndWait(t, conn, events); !e.Clean {
		t.Errorf("got %s", wstest.Describe(e))
	}
}

// echoSizes has messages of all sizes echoed, in one epoch.
func echoSizes(t *testing.T, conn *actors.Conn, events *wstest.Recorder) {
	t.Helper()
	wstest.Next[*messages.Opened](t, events)
	if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "login" {
		t.Fatalf("got %s", wstest.Describe(e))
	}
	for _, size := range []int{0, 6, 125, 126, 65_535, 65_536, 1 << 20} {
		data := make([]byte, size)
		_, _ = rand.Read(data) // not to be compressed
		if err := conn.Send(messages.Binary(data)); err != nil {
			t.Fatal(err)
		}
		if e := wstest.Next[*messages.Received](t, events); !bytes.Equal(e.Data, data) {
			t.Fatalf("%d bytes came back as %s", size, wstest.Describe(e))
		}
	}
}

// afterProxy returns what followed the exchange with the proxy.
func afterProxy(t *testing.T, proxy string, w *wire) (sent, received []byte) {
	sent, received = w.sent.Bytes(), w.received.Bytes()
	switch proxy {
	case "http":
		if !bytes.HasPrefix(sent, []byte("CONNECT 127.0.0.1:")) {
			t.Fatalf("the proxy was sent %.40q", sent)
		}
		_, sent, _ = bytes.Cut(sent, []byte("\r\n\r\n"))
		_, received, _ = bytes.Cut(received, []byte("\r\n\r\n"))
	case "socks5":
		sent, received = sent[3+10:], received[2+10:]
	}
	return sent, received
}

// onlyTLS fails if something is no record of TLS (RFC 8446, section 5.1). The last may
// have been cut.
func onlyTLS(t *testing.T, epoch int, b []byte) {
	t.Helper()
	if len(b) < 1<<20 {
		t.Fatalf("epoch %d: only %d bytes", epoch+1, len(b))
	}
	onlyRecords(t, epoch, b)
}

func onlyRecords(t *testing.T, epoch int, b []byte) {
	t.Helper()
	for len(b) >= 5 {
		kind, version, size := b[0], binary.BigEndian.Uint16(b[1:]), int(binary.BigEndian.Uint16(b[3:]))
		if kind < 20 || kind > 23 || version>>8 != 3 || size > 1<<14+256 {
			t.Fatalf("epoch %d: not TLS: %.40q", epoch+1, b)
		}
		b = b[min(5+size, len(b)):]
	}
}
