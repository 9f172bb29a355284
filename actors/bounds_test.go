package actors_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// dribble reads what comes, and says first and then, until the end, again, every so
// often.
func dribble(first, again string, every time.Duration) wstest.Peer {
	return func(conn net.Conn) {
		over := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, conn)
			close(over)
		}()
		_, err := io.WriteString(conn, first)
		for err == nil && again != "" {
			time.Sleep(every)
			_, err = io.WriteString(conn, again)
		}
		<-over
	}
}

// secured speaks TLS to a peer.
func secured(t *testing.T, peer wstest.Peer) wstest.Peer {
	config := certified(t)
	return func(conn net.Conn) { peer(tls.Server(conn, config)) }
}

const atHandshake = 800 * time.Millisecond

// Whatever the peer does, or a proxy, the attempt is over in time, and says how far it
// came. The times are exact.
func TestHandshakeIsBounded(t *testing.T) {
	const slow = 100 * time.Millisecond
	handshake, dial, proxy := is[*messages.HandshakeError], is[*messages.DialError], is[*messages.ProxyError]
	refused := func(status int, body string) func(error) bool {
		return func(err error) bool {
			var e *messages.HandshakeError
			return errors.As(err, &e) && e.Status == status && string(e.Body) == body
		}
	}
	const bad101 = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	const tlsRecord = "\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb"
	for _, test := range []struct {
		name  string
		peer  wstest.Peer
		url   string // ws://h.test/ if empty
		proxy string
		after time.Duration
		err   func(error) bool
	}{
		{"nothing", wstest.Frozen, "", "", atHandshake, handshake},
		{"letters", dribble("HTTP/1.1 101 ", "x", slow), "", "", atHandshake, handshake},
		{"headers", dribble("HTTP/1.1 101 x\r\n", "A: b\r\n", slow), "", "", atHandshake, handshake},
		{"headers, fast", dribble("HTTP/1.1 101 x\r\n", strings.Repeat("A: b\r\n", 1000), 0), "", "", 0, handshake},
		{"information", dribble("", "HTTP/1.1 102 x\r\n\r\n", 300*time.Millisecond), "", "", atHandshake, handshake},
		{"information, fast", dribble("", "HTTP/1.1 103 x\r\n\r\n", 0), "", "", 0, handshake},
		{"a bad 101 that stays open", dribble(bad101, "", 0), "", "", 0, handshakeStatus(101)},
		{"a bad 101 and bytes", dribble(bad101, "x", slow), "", "", 0, handshakeStatus(101)},
		{"a body that does not end", dribble("HTTP/1.1 503 x\r\nContent-Length: 99\r\n\r\nwhy", "", 0), "", "", atHandshake, refused(503, "why")},
		{"a body without a length", dribble("HTTP/1.1 404 x\r\n\r\nwhy", "", 0), "", "", atHandshake, refused(404, "why")},
		{"a body in letters", dribble("HTTP/1.1 400 x\r\n\r\nwhy", "y", 500*time.Millisecond), "", "", atHandshake, refused(400, "whyy")},
		{"chunks", dribble("HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\n", "", 0), "", "", atHandshake, refused(400, "why")},
		{"no TLS", wstest.Frozen, "wss://h.test/", "", atHandshake, dial},
		{"half of TLS", dribble(tlsRecord, "\x00", slow), "wss://h.test/", "", atHandshake, dial},
		{"TLS and nothing", secured(t, wstest.Frozen), "wss://example.com/", "", atHandshake, handshake},
		{"TLS and a body", secured(t, dribble("HTTP/1.1 503 x\r\n\r\nwhy", "", 0)), "wss://example.com/", "", atHandshake, refused(503, "why")},
		{"TLS and a bad 101", secured(t, dribble(bad101, "", 0)), "wss://example.com/", "", 0, handshakeStatus(101)},
		{"http proxy", wstest.Frozen, "", "http://p.test", atHandshake, proxy},
		{"http proxy, letters", dribble("HTTP/1.1 200", "x", slow), "wss://h.test/", "http://p.test", atHandshake, proxy},
		{"http proxy, headers", dribble("HTTP/1.1 200 x\r\n", "A: b\r\n", slow), "", "http://p.test", atHandshake, proxy},
		{"http proxy, a body", dribble("HTTP/1.1 403 x\r\nContent-Length: 9\r\n\r\n", "", 0), "", "http://p.test", 0, proxy},
		{"http proxy, then nothing", dribble("HTTP/1.1 200 x\r\n\r\n", "", 0), "", "http://p.test", atHandshake, handshake},
		{"http proxy, then no TLS", dribble("HTTP/1.1 200 x\r\n\r\n", "", 0), "wss://h.test/", "http://p.test", atHandshake, dial},
		{"https proxy, no TLS", wstest.Frozen, "", "https://p.test", atHandshake, proxy},
		{"https proxy, nothing", secured(t, wstest.Frozen), "", "https://example.com", atHandshake, proxy},
		{"socks5", wstest.Frozen, "", "socks5://p.test", atHandshake, proxy},
		{"socks5, a part", dribble("\x05\x00\x05", "", 0), "", "socks5://p.test", atHandshake, proxy},
	} {
		if test.url == "" {
			test.url = "ws://h.test/"
		}
		t.Run(test.name, func(t *testing.T) {
			trusted := trusted(t) // before the bubble
			inMemory(t, test.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				options := []actors.Option{actors.WithDialContext(server.DialContext), actors.WithTLSConfig(trusted), actors.WithProxy(nil)}
				if test.proxy != "" {
					u, err := url.Parse(test.proxy)
					if err != nil {
						t.Fatal(err)
					}
					options = append(options, actors.WithProxy(http.ProxyURL(u)))
				}
				if err := failsAfter(t, sup, test.url, test.after, options...); !test.err(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// failsAfter returns the error of one attempt, which must end after exactly so long.
func failsAfter(t *testing.T, sup *supervisor.Supervisor, url string, after time.Duration, options ...actors.Option) error {
	t.Helper()
	events := wstest.NewRecorder()
	began := time.Now()
	conn, err := actors.Connect(sup, url, append(options, actors.WithHandshakeTimeout(atHandshake), actors.WithHandler(events.Handler))...)
	if err != nil {
		t.Fatal(err)
	}
	e := wstest.Next[*messages.Failed](t, events)
	if took := time.Since(began); took != after {
		t.Errorf("after %v, want %v", took, after)
	}
	closeAndWait(t, conn, events)
	return e.Err
}

// With a long timeout the body of a refusal holds up the attempt for a second.
func TestBodyOfRefusal(t *testing.T) {
	inMemory(t, dribble("HTTP/1.1 503 x\r\nRetry-After: 9\r\n\r\nwhy", "", 0), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		began := time.Now()
		conn, events := connect(t, sup, server, actors.WithHandshakeTimeout(time.Minute))
		var refused *messages.HandshakeError
		e := wstest.Next[*messages.Failed](t, events)
		if !errors.As(e.Err, &refused) || string(refused.Body) != "why" || time.Since(began) != time.Second {
			t.Errorf("got %v with %q after %v", e.Err, refused.Body, time.Since(began))
		}
		if e := wstest.Next[*messages.Closed](t, events); e.RetryIn != 9*time.Second {
			t.Errorf("got %s", wstest.Describe(e))
		}
		closeAndWait(t, conn, events)
	})
}

// Whatever a function of the user's does, the attempt is over in time.
func TestHandshakeIsBoundedOverFunctions(t *testing.T) {
	var release chan struct{}
	hang := func() { <-release }
	trusting, blocked := trusted(t), trusted(t)
	blocked.VerifyConnection = func(tls.ConnectionState) error {
		hang()
		return nil
	}
	for name, options := range map[string]func(*wstest.Server) []actors.Option{
		"WithDialContext": func(*wstest.Server) []actors.Option {
			return []actors.Option{actors.WithDialContext(func(context.Context, string, string) (net.Conn, error) {
				hang()
				return nil, errors.New("late")
			})}
		},
		"WithProxy": func(*wstest.Server) []actors.Option {
			return []actors.Option{actors.WithProxy(func(*http.Request) (*url.URL, error) {
				hang()
				return nil, errors.New("late")
			})}
		},
		"WithTLSConfig": func(*wstest.Server) []actors.Option {
			return []actors.Option{actors.WithTLSConfig(blocked)}
		},
		"a connection": func(server *wstest.Server) []actors.Option {
			return []actors.Option{actors.WithDialContext(func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := server.DialContext(ctx, network, addr)
				return &hanging{conn, hang}, err
			})}
		},
		"WithCredentials": func(*wstest.Server) []actors.Option {
			return []actors.Option{actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
				hang()
				return actors.Credentials{}, nil
			}, atHandshake)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, secured(t, wstest.Echo), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				release = make(chan struct{})
				all := append([]actors.Option{actors.WithDialContext(server.DialContext), actors.WithTLSConfig(trusting), actors.WithProxy(nil)},
					options(server)...)
				err := failsAfter(t, sup, "wss://example.com/", atHandshake, all...)
				if !is[*messages.DialError](err) && !is[*messages.CredentialsError](err) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				close(release)
			})
		})
	}
}

// hanging is a connection whose reads do not end when it is closed.
type hanging struct {
	net.Conn
	hang func()
}

func (h *hanging) Read([]byte) (int, error) {
	h.hang()
	return 0, net.ErrClosed
}
