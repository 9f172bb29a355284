package actors_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
)

// A URL goes on the wire as browsers write it, and so does one of WithCredentials.
func TestURLOnTheWire(t *testing.T) {
	for raw, want := range map[string]string{
		"ws://h.test/?q=a b":              "/?q=a%20b",
		"ws://h.test/?name=zoë&x=\"<'>\"": "/?name=zo%C3%AB&x=%22%3C%27%3E%22",
		"ws://h.test/?q=%20+a%zz&b":       "/?q=%20+a%zz&b",
		"ws://h.test/?q=\xff":             "/?q=%FF",
		"ws://h.test/a b/ü?":              "/a%20b/%C3%BC?",
		"ws://h.test/a%2Fb":               "/a%2Fb",
		"ws://h.test":                     "/",
		"ws://h.test?q={|}`^~":            "/?q={|}`^~",
	} {
		for _, fresh := range []bool{false, true} {
			if line, _ := requestOf(t, raw, fresh); line != "GET "+want+" HTTP/1.1" {
				t.Errorf("%q: got %q", raw, line)
			}
		}
	}
}

// A name beyond ASCII is resolved, and asked for, as it is registered.
func TestNameOnTheWire(t *testing.T) {
	for raw, want := range map[string]string{
		"ws://bücher.test:81/":  "xn--bcher-kva.test:81",
		"ws://BÜCHER.test/":     "xn--bcher-kva.test:80",
		"ws://[fe80::1%25lo]/":  "[fe80::1%lo]:80",
		"http://h_1.test:8080/": "h_1.test:8080",
	} {
		if _, addr := requestOf(t, raw, false); addr != want {
			t.Errorf("%q: dialled %q", raw, addr)
		}
	}
}

// requestOf returns the first line of the request for a URL, and what was dialled.
func requestOf(t *testing.T, url string, fresh bool) (line, addr string) {
	t.Helper()
	lines := make(chan string, 1)
	dial := func(_ context.Context, _, to string) (net.Conn, error) {
		addr = to
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			line, _ := bufio.NewReader(far).ReadString('\n')
			lines <- strings.TrimSpace(line)
		}()
		return near, nil
	}
	options := []actors.Option{actors.WithDialContext(dial), actors.WithProxy(nil)}
	if fresh {
		given := url
		url = "ws://other.test/"
		options = append(options, actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
			return actors.Credentials{URL: given}, nil
		}, 0))
	}
	if err := through(t, url, options...); !is[*messages.HandshakeError](err) {
		t.Fatalf("got %v", err)
	}
	return <-lines, addr
}

// Host is what the server is called in the request. TLS asks for the URL's name, and
// no attempt changes the header that was given.
func TestHostHeader(t *testing.T) {
	var host, name atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host.Store(r.Host)
		echoHandler(w, r)
	}))
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		name.Store(hello.ServerName)
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	for _, key := range []string{"Host", "host"} {
		header := http.Header{key: {"virtual.test"}, "X-Other": {"1"}}
		err := through(t, "wss://example.com/", actors.WithDialContext(dial), actors.WithHeader(header), actors.WithProxy(nil))
		if err != nil || host.Load() != "virtual.test" || name.Load() != "example.com" {
			t.Errorf("%s: got %v, Host %v, SNI %v", key, err, host.Load(), name.Load())
		}
		if len(header) != 2 {
			t.Errorf("the header became %v", header)
		}
	}
}

// A Host of WithCredentials counts for its attempt, and one that is none fails it.
func TestHostOfCredentials(t *testing.T) {
	var host atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host.Store(r.Host)
		echoHandler(w, r)
	}))
	defer server.Close()
	for _, given := range []string{"virtual.test", "not valid"} {
		err := through(t, server.URL, actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
			return actors.Credentials{Header: http.Header{"Host": {given}}}, nil
		}, 0))
		if refused := is[*messages.CredentialsError](err); refused != (given == "not valid") || host.Load() != "virtual.test" {
			t.Errorf("%q: got %v, Host %v", given, err, host.Load())
		}
	}
}
