package actors

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
)

// dialed is how a dial, or a server's handshake, ended: with a socket or with an
// error.
type dialed struct {
	epoch       uint64
	ws          *websocket.Conn
	sock        *socket
	subprotocol string
	value       any // of a server's WithUpgrade
	err         error
}

// discard implements discarder: nobody waits for the socket any more.
func (d *dialed) discard() {
	if d.ws == nil {
		return
	}
	d.sock.abort()
	_ = d.ws.CloseNow()
}

// startDial dials beside the actor, until cancelDial, and posts dialed.
func (c *connection) startDial() {
	ctx, cancel := context.WithTimeout(context.Background(), c.config.handshakeTimeout)
	c.cancelDial = cancel
	epoch := c.own
	go func() {
		defer cancel()
		d := c.dial(ctx)
		d.epoch = epoch
		c.mailbox.post(d)
	}()
}

// dial makes one attempt. The HTTP transport is of this attempt alone: a shared
// one may hand the connection that one request dialled to another.
func (c *Conn) dial(ctx context.Context) *dialed {
	// The transport dials, and writes the request, on goroutines that may
	// outlast a cancelled Dial.
	var sock atomic.Pointer[socket]
	var asked atomic.Bool
	transport := c.config.transport(func(conn net.Conn) net.Conn {
		s := newSocket(conn, c)
		sock.Store(s)
		return s
	})
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { asked.Store(true) },
	})
	ws, response, err := websocket.Dial(ctx, c.url, &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: transport, CheckRedirect: doNotFollow},
		HTTPHeader:      c.config.header,
		Subprotocols:    c.config.subprotocols,
		CompressionMode: c.config.compression,
		OnPingReceived:  func(ctx context.Context, payload []byte) bool { return sock.Load().mayPong(ctx, payload) },
		OnPongReceived: func(_ context.Context, payload []byte) {
			c.pong(sock.Load(), pingNumber(payload))
		},
	})
	if err != nil {
		if s := sock.Load(); s != nil {
			s.abort()
		}
		return &dialed{err: c.dialError(asked.Load(), response, err)}
	}
	sock.Load().frames()
	sock.Load().startFraming(c.config.compression)
	ws.SetReadLimit(c.config.readLimit)
	return &dialed{ws: ws, sock: sock.Load(), subprotocol: ws.Subprotocol()}
}

const handshakeBuffer = 1 << 10

// transport returns an HTTP transport whose connections are wrapped.
func (c *config) transport(wrap func(net.Conn) net.Conn) *http.Transport {
	return &http.Transport{
		Proxy:             c.proxy,
		TLSClientConfig:   c.tls.Clone(),
		TLSNextProto:      map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
		DisableKeepAlives: true,
		ReadBufferSize:    handshakeBuffer, // of this one exchange
		WriteBufferSize:   handshakeBuffer,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := c.dialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return wrap(conn), nil
		},
	}
}

// doNotFollow leaves a redirect as the answer: browsers do not follow it, and
// the headers may hold secrets that are not for wherever it leads.
func doNotFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// dialError tells a server that was not reached from one that did not upgrade.
func (c *Conn) dialError(asked bool, response *http.Response, err error) error {
	switch {
	case response != nil:
		body, _ := io.ReadAll(response.Body) // coder/websocket has read 1024 bytes of it
		return &messages.HandshakeError{
			URL: c.url, Status: response.StatusCode, Header: response.Header, Body: body, Err: err,
		}
	case asked:
		return &messages.HandshakeError{URL: c.url, Err: err}
	default:
		return &messages.DialError{URL: c.url, Err: err}
	}
}
