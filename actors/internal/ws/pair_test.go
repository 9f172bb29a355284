package ws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// limit is that of a message.
const limit = 1 << 20

// accepted is what a server's handshake ended with.
type accepted struct {
	conn *Conn
	err  error
}

// serve starts a server, and returns its ws URL and what becomes of its requests.
func serve(t *testing.T, a *Acceptor, secure bool) (*httptest.Server, string, chan accepted) {
	t.Helper()
	all := make(chan accepted, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := a.Accept(w, r, func() {})
		all <- accepted{c, err}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server, strings.Replace(server.URL, "http", "ws", 1), all
}

// options are those of a socket of one end.
func options(masked bool, poller func() *transport.Poller) transport.Options {
	return transport.Options{
		WriteTimeout: 10 * time.Second, Maximum: 16 << 20,
		Rules: wire.Rules{Limit: limit, Masked: masked}, Masks: !masked, Poller: poller,
	}
}

func direct(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}

func newDialer(mode websocket.CompressionMode, poller func() *transport.Poller) *Dialer {
	return &Dialer{DialContext: direct, Compression: mode, Socket: options(false, poller)}
}

func newAcceptor(mode websocket.CompressionMode, poller func() *transport.Poller) *Acceptor {
	return &Acceptor{Subprotocols: []string{"chat"}, Compression: mode, Socket: options(true, poller)}
}

// trusting returns TLS that trusts what httptest's servers are.
func trusting(server *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &tls.Config{RootCAs: roots}
}

func through(u *url.URL) func(*http.Request) (*url.URL, error) {
	if u == nil {
		return nil
	}
	return http.ProxyURL(u)
}

// dial makes an attempt to its end.
func dial(t *testing.T, d *Dialer, r Request) (*Conn, error) {
	t.Helper()
	var a Attempt
	c, err := a.Dial(t.Context(), d, r)
	if err != nil {
		a.Abort()
		return nil, a.Explain(r.URL, err)
	}
	t.Cleanup(c.Abort)
	c.Socket.SetPatient(true)
	return c, nil
}

// accept returns what a server's handshake has made.
func accept(t *testing.T, all chan accepted) *Conn {
	t.Helper()
	made := <-all
	if made.err != nil {
		t.Fatal(made.err)
	}
	t.Cleanup(made.conn.Abort)
	made.conn.Socket.SetPatient(true)
	return made.conn
}

// newPoller returns a poller for a test, or nil where there is none.
func newPoller(t *testing.T) func() *transport.Poller {
	p := transport.NewPoller()
	if p != nil {
		t.Cleanup(func() { _ = p.Close() })
	}
	return func() *transport.Poller { return p }
}

// next reads the next message.
func next(c *Conn) (kind wire.Opcode, data []byte, err error) {
	for data == nil && err == nil {
		typ, b, problem := c.Next()
		kind, data, err = wire.Opcode(typ), b, problem
	}
	return kind, data, err
}
