package actors_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// harmful is what a function of the user's does that should not.
type harmful struct{ harm atomic.Bool }

func (h *harmful) panic() {
	if h.harm.Load() {
		panic("of the user's")
	}
}

func (h *harmful) Write(p []byte) (int, error) { h.panic(); return len(p), nil }

func (h *harmful) Read(p []byte) (int, error) { h.panic(); return len(p), nil }

// cache panics when something is put into it: that is after the handshake of TLS.
type cache struct {
	h        *harmful
	get, put bool
}

func (c *cache) Get(string) (*tls.ClientSessionState, bool) {
	if c.get {
		c.h.panic()
	}
	return nil, false
}

func (c *cache) Put(string, *tls.ClientSessionState) {
	if c.put {
		c.h.panic()
	}
}

// harmfulConn is a connection of the user's with a bad method.
type harmfulConn struct {
	net.Conn
	h                               *harmful
	read, write, closing, deadlines bool
}

func (c *harmfulConn) Read(p []byte) (int, error) {
	if c.read {
		c.h.panic()
	}
	return c.Conn.Read(p)
}

func (c *harmfulConn) Write(p []byte) (int, error) {
	if c.write {
		c.h.panic()
	}
	return c.Conn.Write(p)
}

func (c *harmfulConn) Close() error {
	_ = c.Conn.Close()
	if c.closing {
		c.h.panic()
	}
	return nil
}

func (c *harmfulConn) SetReadDeadline(t time.Time) error {
	if c.deadlines {
		c.h.panic()
	}
	return c.Conn.SetReadDeadline(t)
}

func (c *harmfulConn) SetWriteDeadline(t time.Time) error {
	if c.deadlines {
		c.h.panic()
	}
	return c.Conn.SetWriteDeadline(t)
}

func (h *harmful) tlsConfigs(t *testing.T) map[string]*tls.Config {
	with := func(change func(*tls.Config)) *tls.Config {
		config := trusted(t)
		change(config)
		return config
	}
	return map[string]*tls.Config{
		"GetClientCertificate": with(func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				h.panic()
				return &tls.Certificate{}, nil
			}
		}),
		"VerifyPeerCertificate": with(func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { h.panic(); return nil }
		}),
		"VerifyConnection": with(func(c *tls.Config) {
			c.VerifyConnection = func(tls.ConnectionState) error { h.panic(); return nil }
		}),
		"KeyLogWriter":            with(func(c *tls.Config) { c.KeyLogWriter = h }),
		"Time":                    with(func(c *tls.Config) { c.Time = func() time.Time { h.panic(); return time.Time{} } }),
		"ClientSessionCache, Get": with(func(c *tls.Config) { c.ClientSessionCache = &cache{h: h, get: true} }),
		"ClientSessionCache, Put": with(func(c *tls.Config) { c.ClientSessionCache = &cache{h: h, put: true} }),
	}
}

func (h *harmful) dialers(server func() *wstest.Server) map[string]func(context.Context, string, string) (net.Conn, error) {
	with := func(c harmfulConn) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := server().DialContext(ctx, network, addr)
			c := c
			c.Conn, c.h = conn, h
			return &c, err
		}
	}
	instead := func(f func() (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			if h.harm.Load() {
				return f()
			}
			return server().DialContext(ctx, network, addr)
		}
	}
	return map[string]func(context.Context, string, string) (net.Conn, error){
		"panic":     instead(func() (net.Conn, error) { h.panic(); return nil, nil }),
		"nil, nil":  instead(func() (net.Conn, error) { return nil, nil }),
		"typed nil": instead(func() (net.Conn, error) { return (*tls.Conn)(nil), nil }),
		"Goexit":    instead(func() (net.Conn, error) { runtime.Goexit(); return nil, nil }),
		"Read":      with(harmfulConn{read: true}),
		"Write":     with(harmfulConn{write: true}),
		"deadlines": with(harmfulConn{deadlines: true, read: true}),
	}
}

// What the user's code does in a dial fails the attempt, with the option's name. The
// next one succeeds when it does so no more, and a neighbour has noticed nothing.
func TestHarmInADial(t *testing.T) {
	var h harmful
	var server *wstest.Server
	trusting := trusted(t)
	type trial struct {
		in      string
		options []actors.Option
	}
	trials := map[string]trial{
		"WithProxy": {"WithProxy", []actors.Option{actors.WithProxy(func(*http.Request) (*url.URL, error) { h.panic(); return nil, nil })}},
		"WithCredentials": {"WithCredentials", []actors.Option{actors.WithCredentials(
			func(context.Context) (actors.Credentials, error) { h.panic(); return actors.Credentials{}, nil }, 0)}},
	}
	for name, dial := range h.dialers(func() *wstest.Server { return server }) {
		in := "WithDialContext"
		if name == "Goexit" {
			in = "Connect" // nothing says whose it was
		}
		trials["WithDialContext, "+name] = trial{in, []actors.Option{actors.WithDialContext(dial)}}
	}
	for name, config := range h.tlsConfigs(t) {
		trials["WithTLSConfig, "+name] = trial{"WithTLSConfig", []actors.Option{actors.WithTLSConfig(config)}}
	}
	config := certified(t)
	config.ClientAuth = tls.RequestClientCert
	peer := func(conn net.Conn) { wstest.Echo(tls.Server(conn, config)) }
	for name, trial := range trials {
		t.Run(name, func(t *testing.T) {
			inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, s *wstest.Server) {
				server = s
				all := func(options ...actors.Option) []actors.Option {
					return append([]actors.Option{actors.WithDialContext(s.DialContext), actors.WithTLSConfig(trusting),
						actors.WithProxy(nil), actors.WithPolicy(supervisor.Fixed(time.Second))}, options...)
				}
				neighbour, calm := connectOver(t, sup, all()...)
				wstest.Next[*messages.Opened](t, calm)
				h.harm.Store(true)
				conn, events := connectOver(t, sup, all(trial.options...)...)
				blamed(t, trial.in, wstest.Next[*messages.Failed](t, events).Err)
				if e := wstest.Next[*messages.Closed](t, events); !e.WillRetry || e.Code != messages.CloseInternalError {
					t.Errorf("got %s", wstest.Describe(e))
				}
				h.harm.Store(false)
				wstest.Next[*messages.Opened](t, events)
				if e := closeAndWait(t, conn, events); !e.Clean {
					t.Errorf("got %s", wstest.Describe(e))
				}
				if e := closeAndWait(t, neighbour, calm); !e.Clean || e.Epoch != 1 {
					t.Errorf("the neighbour got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// The methods of a connection of the user's may do so later, too.
func TestHarmInAConnection(t *testing.T) {
	var h harmful
	for _, conn := range []harmfulConn{{read: true}, {write: true}, {closing: true, read: true}} {
		inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			h.harm.Store(false)
			c, events := connect(t, sup, server, actors.WithDialContext(func(ctx context.Context, network, addr string) (net.Conn, error) {
				inner, err := server.DialContext(ctx, network, addr)
				harmful := conn
				harmful.Conn, harmful.h = inner, &h
				return &harmful, err
			}))
			wstest.Next[*messages.Opened](t, events)
			h.harm.Store(true)
			if err := c.Send(messages.Text("x")); err != nil {
				t.Fatal(err)
			}
			event := events.Any(t)
			if _, ok := event.(*messages.Received); ok { // the read that waited
				if err := c.Send(messages.Text("x")); err != nil {
					t.Fatal(err)
				}
				event = events.Any(t)
			}
			failed, ok := event.(*messages.Failed)
			if !ok {
				t.Fatalf("got %s", wstest.Describe(event))
			}
			blamed(t, "WithDialContext", failed.Err)
			wstest.Next[*messages.Closed](t, events)
			h.harm.Store(false)
			wstest.Next[*messages.Opened](t, events)
			closeAndWait(t, c, events)
		})
	}
}

func connectOver(t *testing.T, sup *supervisor.Supervisor, options ...actors.Option) (*actors.Conn, *wstest.Recorder) {
	t.Helper()
	events := wstest.NewRecorder()
	conn, err := actors.Connect(sup, "wss://example.com/", append(options, actors.WithHandler(events.Handler))...)
	if err != nil {
		t.Fatal(err)
	}
	return conn, events
}

// blamed fails if an error does not name the option whose code it comes from.
func blamed(t *testing.T, option string, err error) {
	t.Helper()
	var blame *messages.HandlerError
	if !errors.As(err, &blame) || blame.In != option || blame.Reason == nil {
		t.Errorf("got %v", err)
	}
}
