package ws

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/messages"
)

// Dialer is what a client's sockets are made with. It is shared, and never changed. What
// of it is a function is the user's, and named in errors after its option.
type Dialer struct {
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error) // WithDialContext
	Proxy       func(*http.Request) (*url.URL, error)                             // WithProxy; nil means none
	TLS         *tls.Config                                                       // WithTLSConfig; nil means Go's
	Compression websocket.CompressionMode
	Socket      transport.Options // without Secure, which each dial knows
}

// socketOptions are those of a socket above which TLS, the server's or a proxy's, will be,
// or none.
func (d *Dialer) socketOptions(secure bool) transport.Options {
	o := d.Socket
	o.Secure = secure
	return o
}

// Request is what a client asks for.
type Request struct {
	URL          string
	Header       http.Header
	Subprotocols []string
}

// Attempt is one opening handshake of a client. It is made once, by one goroutine; how far
// it has come anybody may ask meanwhile.
type Attempt struct {
	reached atomic.Pointer[reached]          // who dials sets it
	below   atomic.Pointer[transport.Socket] // sock: likewise

	// Of the goroutine that dials.
	dialer   *Dialer
	sock     *transport.Socket
	unwatch  func() bool // the end of the context does not abort the socket any more
	upgraded *transport.Upgraded
	err      error // of RoundTrip
}

// Dial makes the opening handshake (RFC 6455, section 4.1). Whatever the peer does, it
// ends with the context: but for a function of the dialer's that does not heed that. Why
// it failed is for Explain to say.
func (a *Attempt) Dial(ctx context.Context, d *Dialer, r Request) (*Conn, error) {
	a.dialer = d
	a.reached.Store(&reached{})
	url, err := urlAsSent(r.URL)
	if err != nil {
		return nil, err
	}
	header, host := splitHost(r.Header)
	c := &Conn{}
	coder, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      a.client(),
		HTTPHeader:      header,
		Host:            host,
		Subprotocols:    r.Subprotocols,
		CompressionMode: d.Compression,
		OnPingReceived:  c.mayPong,
		OnPongReceived:  c.ponged,
	})
	inTime := a.unwatch == nil || a.unwatch()
	switch {
	case a.err != nil:
		return nil, a.err // without what net/http and coder/websocket say around it
	case err != nil:
		return nil, err
	}
	c.start(a.sock, coder, d.Compression)
	if !inTime {
		c.Abort()
		return nil, ctx.Err()
	}
	a.upgraded.Open()
	a.sock.Frames()
	c.letGo(a.upgraded)
	return c, nil
}

// Abort closes the socket of an attempt that has failed, or panicked. Only who dials calls
// it.
func (a *Attempt) Abort() {
	if a.sock != nil {
		a.sock.Abort()
	}
}

// Arrived is how much the attempt has read, and whether there is more: see
// transport.LimitTime.
func (a *Attempt) Arrived() (read uint64, unread bool) {
	sock := a.below.Load()
	if sock == nil {
		return 0, false
	}
	return 1 + sock.Received(), sock.Unread() > 0
}

// client returns the HTTP client of this one attempt. coder/websocket reads and writes
// what the body of its response is.
func (a *Attempt) client() *http.Client {
	return &http.Client{Transport: a, CheckRedirect: doNotFollow}
}

// doNotFollow leaves a redirect as the answer: browsers do not follow it, and
// the headers may hold secrets that are not for wherever it leads.
func doNotFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip implements http.RoundTripper, in place of http.Transport, which dials and
// reads on goroutines that outlive the attempt, and that a panic of the user's kills
// the process on.
func (a *Attempt) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.roundTrip(r)
	if err != nil {
		err = a.cause(r.Context(), err)
	}
	a.err = err
	return response, err
}

// cause is why the socket was closed, if it was, or err.
func (a *Attempt) cause(ctx context.Context, err error) error {
	if over := ctx.Err(); over != nil {
		return over
	}
	if a.sock != nil && errors.Is(err, net.ErrClosed) && a.sock.Failure() != nil {
		return a.sock.Failure()
	}
	return err
}

func (a *Attempt) roundTrip(r *http.Request) (*http.Response, error) {
	conn, err := a.reach(r)
	if err != nil {
		return nil, err
	}
	if err := writeRequest(conn, r); err != nil {
		return nil, err
	}
	a.reached.Store(&reached{answer: &messages.HandshakeError{}})
	return a.answer(conn, r)
}
