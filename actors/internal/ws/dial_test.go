package ws

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
	"github.com/sockvisor/sockvisor/messages"
)

// A server that answers and does not upgrade is a HandshakeError with what it has said.
func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(r *http.Request) string
		status int
		body   string
		says   string
	}{
		"status":        {func(*http.Request) string { return answer(403, "X-Why: because\r\n", "no entry") }, 403, "no entry", ""},
		"long":          {func(*http.Request) string { return answer(500, "", strings.Repeat("a", 5000)) }, 500, strings.Repeat("a", maxAnswerBody), ""},
		"redirect":      {func(*http.Request) string { return answer(302, "Location: /there\r\n", "") }, 302, "", ""},
		"cut":           {func(*http.Request) string { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\npart" }, 403, "part", ""},
		"no HTTP":       {func(*http.Request) string { return "SSH-2.0-OpenSSH_9.6\r\n" }, 0, "", "malformed HTTP"},
		"nothing":       {func(*http.Request) string { return "" }, 0, "", "EOF"},
		"wrong key":     {func(r *http.Request) string { r.Header.Set("Sec-WebSocket-Key", "x"); return upgraded(r) }, 101, "", "Sec-WebSocket-Accept"},
		"twice":         {func(r *http.Request) string { return upgraded(r, "Sec-WebSocket-Accept: x") }, 101, "", "2 headers Sec-WebSocket-Accept"},
		"not offered":   {func(r *http.Request) string { return upgraded(r, "Sec-WebSocket-Extensions: permessage-foo") }, 101, "", "unsupported extensions"},
		"bad parameter": {func(r *http.Request) string { return upgraded(r, "Sec-WebSocket-Extensions: permessage-deflate; foo") }, 101, "", "invalid parameter"},
		"information": {func(r *http.Request) string {
			return strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", maxInformation+1) + upgraded(r)
		}, 0, "", "only information"},
		"too large": {func(r *http.Request) string { return upgraded(r, "X-Large: "+strings.Repeat("a", maxAnswer)) }, 0, "", "larger than 256 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			url := raw(t, test.answer)
			_, err := dial(t, newDialer(websocket.CompressionNoContextTakeover, nil), Request{URL: url})
			var e *messages.HandshakeError
			if !errors.As(err, &e) || e.Status != test.status || string(e.Body) != test.body || e.URL != url {
				t.Fatalf("got %#v: %v", e, err)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, which does not say %q", err, test.says)
			}
		})
	}
}

// Information before the answer is passed over.
func TestInformation(t *testing.T) {
	url := raw(t, func(r *http.Request) string { return "HTTP/1.1 103 Early Hints\r\n\r\n" + upgraded(r) })
	if _, err := dial(t, newDialer(0, nil), Request{URL: url}); err != nil {
		t.Error(err)
	}
}

// A server that is not reached is a DialError, which says through what.
func TestNotReached(t *testing.T) {
	refused := errors.New("refused")
	fails := func(context.Context, string, string) (net.Conn, error) { return nil, refused }
	proxyOf := func(raw string) func(*http.Request) (*url.URL, error) {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return http.ProxyURL(u)
	}
	answers := func(head string) func(*http.Request) (*url.URL, error) {
		return proxyOf(strings.Replace(raw(t, func(*http.Request) string { return head }), "ws", "http", 1))
	}
	asks := proxytest.Start(t, "http", url.UserPassword("user", "secret"))
	for name, test := range map[string]struct {
		dialer Dialer
		url    string
		is     func(error) bool
	}{
		"by the dialer":    {Dialer{DialContext: fails}, "ws://host.test/", func(err error) bool { return errors.Is(err, refused) }},
		"nothing is given": {Dialer{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, nil }}, "ws://host.test/", isA[*messages.HandlerError]},
		"it panics":        {Dialer{DialContext: func(context.Context, string, string) (net.Conn, error) { panic("dial") }}, "ws://host.test/", isA[*messages.HandlerError]},
		"both are given": {Dialer{DialContext: func(context.Context, string, string) (net.Conn, error) {
			conn, peer := net.Pipe()
			return conn, errors.Join(refused, peer.Close())
		}}, "ws://host.test/", func(err error) bool { return errors.Is(err, refused) }},
		"the proxy panics":    {Dialer{DialContext: direct, Proxy: func(*http.Request) (*url.URL, error) { panic("proxy") }}, "ws://host.test/", isA[*messages.HandlerError]},
		"by the proxy":        {Dialer{DialContext: direct, Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: asks.Host})}, "ws://host.test/", isA[*messages.ProxyError]},
		"wrong password":      {Dialer{DialContext: direct, Proxy: proxyOf("http://user:wrong@" + asks.Host)}, "ws://host.test/", isA[*messages.ProxyError]},
		"asks for no basic":   {Dialer{DialContext: direct, Proxy: answers(answer(407, "", ""))}, "ws://host.test/", isA[*messages.ProxyError]},
		"forbidden":           {Dialer{DialContext: direct, Proxy: answers(answer(403, "", ""))}, "ws://host.test/", isA[*messages.ProxyError]},
		"no answer":           {Dialer{DialContext: direct, Proxy: answers("")}, "ws://host.test/", isA[*messages.ProxyError]},
		"more than an answer": {Dialer{DialContext: direct, Proxy: answers("HTTP/1.1 200 OK\r\n\r\nmore")}, "ws://host.test/", isA[*messages.ProxyError]},
		"no proxy's scheme":   {Dialer{DialContext: direct, Proxy: proxyOf("ftp://host.test")}, "ws://host.test/", isA[*messages.ProxyError]},
		"no proxy's host":     {Dialer{DialContext: direct, Proxy: proxyOf("http://")}, "ws://host.test/", isA[*messages.ProxyError]},
		"proxy not reached":   {Dialer{DialContext: fails, Proxy: proxyOf("https://host.test")}, "ws://host.test/", isA[*messages.ProxyError]},
		"socks not reached":   {Dialer{DialContext: fails, Proxy: proxyOf("socks5://host.test")}, "ws://host.test/", isA[*messages.ProxyError]},
		"socks refuses": {Dialer{DialContext: direct, Proxy: http.ProxyURL(&url.URL{Scheme: "socks5", Host: proxytest.Start(t, "socks5", url.UserPassword("user", "secret")).Host})},
			"ws://host.test/", isA[*messages.ProxyError]},
		"no TLS":  {Dialer{DialContext: direct}, strings.Replace(raw(t, func(*http.Request) string { return "" }), "ws", "wss", 1), isA[*messages.DialError]},
		"no URL":  {Dialer{}, "ws://ho st/", isA[*messages.DialError]},
		"no name": {Dialer{}, "ws://a\u00adxn--a.ä" + strings.Repeat("a", 80) + "/", isA[*messages.DialError]},
	} {
		t.Run(name, func(t *testing.T) {
			test.dialer.Socket = options(false, nil)
			_, err := dial(t, &test.dialer, Request{URL: test.url})
			if !isA[*messages.DialError](err) || !test.is(err) {
				t.Errorf("got %T: %v", err, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("it says the password: %v", err)
			}
		})
	}
}

// panicking is a KeyLogWriter.
type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("key log") }

// A panic of what TLS calls is the attempt's error, and what it keeps locked is nobody's.
func TestKeyLogThatPanics(t *testing.T) {
	server, to, _ := serve(t, newAcceptor(0, nil), true)
	d := newDialer(0, nil)
	d.TLS = trusting(server)
	d.TLS.KeyLogWriter = panicking{}
	for range 2 {
		if _, err := dial(t, d, Request{URL: to}); !isA[*messages.HandlerError](err) {
			t.Errorf("got %v", err)
		}
	}
	d.TLS = trusting(server)
	d.TLS.KeyLogWriter = io.Discard
	if _, err := dial(t, d, Request{URL: to}); err != nil {
		t.Error(err)
	}
}

// Whatever the peer does, an attempt ends with its context. How far it has come can be
// asked meanwhile.
func TestDialEndsWithItsContext(t *testing.T) {
	for name, sent := range map[string]string{
		"nothing": "", "half an answer": "HTTP/1.1 101 Switch", "half a refusal": "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nhalf",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			asked := make(chan struct{})
			to := "ws://" + proxytest.Serve(t, func(conn net.Conn) {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, sent)
				close(asked)
				_, _ = io.Copy(io.Discard, conn)
			}) + "/"
			var a Attempt
			if read, unread := a.Arrived(); read != 0 || unread {
				t.Error("something has arrived before it began")
			}
			go func() {
				<-asked
				for read, unread := a.Arrived(); read <= uint64(len(sent)) && !unread; read, unread = a.Arrived() {
					runtime.Gosched()
				}
				cancel()
			}()
			_, err := a.Dial(ctx, newDialer(0, nil), Request{URL: to})
			if a.Abort(); !errors.Is(err, context.Canceled) && !isA[*messages.HandshakeError](a.Explain(to, err)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What the header is asked to say is said; Host has a place of its own.
func TestRequestHeader(t *testing.T) {
	var got *http.Request
	url := raw(t, func(r *http.Request) string {
		got = r
		return upgraded(r)
	})
	lower := strings.ToLower("Host") // as a map may have it
	header := http.Header{"X-Token": {"1"}, lower: {"other.test"}}
	if _, err := dial(t, newDialer(0, nil), Request{URL: url + "a b?q=ä", Header: header}); err != nil {
		t.Fatal(err)
	}
	if got.Host != "other.test" || got.Header.Get("X-Token") != "1" || got.RequestURI != "/a%20b?q=%C3%A4" {
		t.Errorf("asked %s of %s with %v", got.RequestURI, got.Host, got.Header)
	}
	if header[lower] == nil {
		t.Error("the header given was changed")
	}
}

// The socket is closed, and the peer learns, when what an attempt has made is not wanted.
func TestAbort(t *testing.T) {
	_, url, all := serve(t, newAcceptor(0, nil), false)
	var a Attempt
	c, err := a.Dial(t.Context(), newDialer(0, func() *transport.Poller { return nil }), Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	peer := accept(t, all)
	c.Abort()
	if _, _, err := next(peer); !isA[*messages.ReadError](err) {
		t.Errorf("got %v", err)
	}
}
