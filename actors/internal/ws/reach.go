package ws

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/messages"
)

// reach returns what the handshake of a request is written to: the server, behind
// what proxy and what TLS there is. The attempt's socket is below it all.
func (a *Attempt) reach(r *http.Request) (net.Conn, error) {
	secure := r.URL.Scheme == "https"
	proxy, err := a.proxyFor(r)
	if err != nil {
		return nil, err
	}
	conn := net.Conn(nil)
	if proxy == nil {
		conn, err = a.dialSocket(r.Context(), address(r.URL), secure)
	} else {
		conn, err = a.dialProxy(r.Context(), proxy, address(r.URL), secure)
	}
	if err != nil || !secure {
		return conn, err
	}
	return a.secure(r.Context(), conn, r.URL.Hostname())
}

// dialSocket makes the attempt's socket, which is told what will be above it.
func (a *Attempt) dialSocket(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	conn, err := a.dialTransport(ctx, addr)
	if err != nil {
		return nil, err
	}
	a.sock = transport.New(conn, a.dialer.socketOptions(secure))
	a.below.Store(a.sock)
	a.unwatch = context.AfterFunc(ctx, a.sock.Abort)
	a.sock.Notify(func(err error) { // until the connection wants to know
		if err != nil {
			a.sock.Abort()
		}
	})
	return a.sock, nil
}

var errNoConn = errors.New("returned neither a connection nor an error")

func (a *Attempt) dialTransport(ctx context.Context, addr string) (conn net.Conn, err error) {
	defer blame.Contained("WithDialContext", &err)
	conn, err = a.dialer.DialContext(ctx, "tcp", addr)
	if conn == nil {
		if err == nil {
			err = &messages.HandlerError{Reason: errNoConn, In: "WithDialContext"}
		}
		return nil, err
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return transportOf(conn, "WithDialContext"), nil
}

// secure makes TLS of a connection to the server of that name.
func (a *Attempt) secure(ctx context.Context, conn net.Conn, name string) (net.Conn, error) {
	config := a.dialer.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName = name
	}
	return a.startTLS(ctx, conn, config)
}

// secureProxy makes TLS of a connection to a proxy. The name and the protocols that
// were configured are the server's.
func (a *Attempt) secureProxy(ctx context.Context, conn net.Conn, proxy *url.URL) (net.Conn, error) {
	config := a.dialer.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.ServerName, config.NextProtos = proxy.Hostname(), nil
	return a.startTLS(ctx, conn, config)
}

func (a *Attempt) startTLS(ctx context.Context, conn net.Conn, config *tls.Config) (_ net.Conn, err error) {
	defer blame.Contained("WithTLSConfig", &err)
	log := &keyLog{Writer: config.KeyLogWriter}
	if log.Writer != nil {
		config.KeyLogWriter = log
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, cmp.Or(log.err, err)
	}
	if a.dialer.TLS == nil {
		return secured, nil
	}
	return &foreign{secured, "WithTLSConfig"}, nil // its session cache, for one, is used later
}

// keyLog contains a panic of a KeyLogWriter, over which crypto/tls would keep a lock
// that is the whole process's.
type keyLog struct {
	io.Writer
	err error // crypto/tls passes on the text alone
}

func (k *keyLog) Write(p []byte) (n int, err error) {
	defer func() { k.err = err }()
	defer blame.Contained("WithTLSConfig", &err)
	return k.Writer.Write(p)
}
