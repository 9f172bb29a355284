package actors

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
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

// startDial asks the tree's governor for a turn to dial.
func (c *connection) startDial() {
	c.waiting = time.Now()
	c.system.Root.Send(c.tree.governor, &supervisor.Dial{Conn: c.pid, Epoch: c.own, Host: c.config.host})
}

// turn dials beside the actor, until cancelDial, and posts dialed. A turn that is not
// wanted any more has been given back already.
func (c *connection) turn(m *supervisor.Turn) {
	if m.Epoch != c.own || c.waiting.IsZero() {
		return
	}
	c.waiting = time.Time{}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancelDial = cancel
	epoch := c.own
	go func() {
		defer cancel()
		d := c.connect(ctx)
		d.epoch = epoch
		c.leaveGovernor(epoch) // first: the connection may ask again in the same epoch
		c.mailbox.post(d)
	}()
}

// stopDial ends an attempt, or the waiting for its turn.
func (c *connection) stopDial() {
	if c.cancelDial != nil {
		c.cancelDial()
	}
	if !c.waiting.IsZero() {
		c.waiting = time.Time{}
		c.leaveGovernor(c.own)
	}
}

func (c *Conn) leaveGovernor(epoch uint64) {
	c.system.Root.Send(c.tree.governor, &supervisor.DialOver{Conn: c.pid, Epoch: epoch})
}

// connect makes one attempt, with fresh credentials.
func (c *Conn) connect(ctx context.Context) *dialed {
	with, err := c.fresh(ctx)
	if err != nil {
		return &dialed{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.handshakeTimeout)
	defer cancel()
	return c.dial(ctx, with)
}

// dial makes the handshake. The HTTP transport is of this attempt alone: a shared one
// may hand the connection that one request dialled to another.
func (c *Conn) dial(ctx context.Context, with Credentials) *dialed {
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
	ws, response, err := websocket.Dial(ctx, with.URL, &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: transport, CheckRedirect: doNotFollow},
		HTTPHeader:      with.Header,
		Subprotocols:    with.Subprotocols,
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
		return &dialed{err: dialError(with.URL, asked.Load(), response, err)}
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
func dialError(url string, asked bool, response *http.Response, err error) error {
	switch {
	case response != nil:
		body, _ := io.ReadAll(response.Body) // coder/websocket has read 1024 bytes of it
		return &messages.HandshakeError{
			URL: url, Status: response.StatusCode, Header: response.Header, Body: body, Err: err,
		}
	case asked:
		return &messages.HandshakeError{URL: url, Err: err}
	default:
		return &messages.DialError{URL: url, Err: err}
	}
}
