// Package routers tests actors.Accept under the routers and the middleware that
// programs have around it. It is a module of its own: who uses Sockvisor inherits
// none of them.
package routers

import (
	"bufio"
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/NYTimes/gziphandler"
	"github.com/asynkron/protoactor-go/actor"
	"github.com/felixge/httpsnoop"
	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// serverTimeout is every timeout that http.Server has, and of the middleware. The
// server's handler speaks when it has passed.
const serverTimeout = 300 * time.Millisecond

// around is what may be around the acceptor.
var around = map[string]func(accept http.Handler) http.Handler{
	"nothing":         func(accept http.Handler) http.Handler { return accept },
	"ServeMux":        func(accept http.Handler) http.Handler { m := http.NewServeMux(); m.Handle("GET /ws", accept); return m },
	"MaxBytesHandler": func(accept http.Handler) http.Handler { return http.MaxBytesHandler(accept, 1) },
	"gin":             func(accept http.Handler) http.Handler { return ginRouter(accept, gin.Recovery()) },
	"gin, logger":     func(accept http.Handler) http.Handler { return ginRouter(accept, gin.LoggerWithWriter(io.Discard)) },
	"gin, gzip":       func(accept http.Handler) http.Handler { return ginRouter(accept, gingzip.Gzip(gingzip.BestSpeed)) },
	"chi":             func(accept http.Handler) http.Handler { return chiRouter(accept) },
	"chi, Compress":   func(accept http.Handler) http.Handler { return chiRouter(accept, chimiddleware.Compress(5)) },
	"chi, Timeout":    func(accept http.Handler) http.Handler { return chiRouter(accept, chimiddleware.Timeout(serverTimeout)) },
	"chi, all": func(accept http.Handler) http.Handler {
		return chiRouter(accept, chimiddleware.RequestID, chimiddleware.RequestLogger(&chimiddleware.DefaultLogFormatter{
			Logger: log.New(io.Discard, "", 0), NoColor: true,
		}), chimiddleware.Recoverer, chimiddleware.NoCache, chimiddleware.Compress(5), chimiddleware.Throttle(100))
	},
	"echo":       func(accept http.Handler) http.Handler { return echoRouter(accept) },
	"echo, Gzip": func(accept http.Handler) http.Handler { return echoRouter(accept, echomiddleware.Gzip()) },
	"echo, all": func(accept http.Handler) http.Handler {
		return echoRouter(accept, echomiddleware.RequestID(), echomiddleware.Recover(), echomiddleware.Secure(),
			echomiddleware.GzipWithConfig(echomiddleware.GzipConfig{MinLength: 1000}))
	},
	"gorilla/mux": func(accept http.Handler) http.Handler { m := mux.NewRouter(); m.Handle("/ws", accept); return m },
	"gziphandler": func(accept http.Handler) http.Handler { return gziphandler.GzipHandler(accept) },
	"otelhttp":    func(accept http.Handler) http.Handler { return otelhttp.NewHandler(accept, "ws") },
	"httpsnoop": func(accept http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httpsnoop.CaptureMetrics(accept, w, r) })
	},
	"a cache": func(accept http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := &cache{ResponseWriter: w}
			accept.ServeHTTP(c, r)
			c.close()
		})
	},
	"a stack of them": func(accept http.Handler) http.Handler {
		return otelhttp.NewHandler(gziphandler.GzipHandler(chiRouter(
			echoRouter(ginRouter(accept), echomiddleware.Gzip()), chimiddleware.Compress(5))), "ws")
	},
}

func ginRouter(accept http.Handler, middleware ...gin.HandlerFunc) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(middleware...)
	router.GET("/ws", gin.WrapH(accept))
	return router
}

func chiRouter(accept http.Handler, middleware ...func(http.Handler) http.Handler) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware...)
	router.Handle("/ws", accept)
	return router
}

func echoRouter(accept http.Handler, middleware ...echo.MiddlewareFunc) http.Handler {
	router := echo.New()
	router.Use(middleware...)
	router.GET("/ws", echo.WrapHandler(accept))
	return router
}

// cache is a response that is kept as a whole, for an ETag say, and written when the
// handler has returned.
type cache struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (c *cache) WriteHeader(status int) { c.status = status }

func (c *cache) Write(p []byte) (int, error) {
	c.body = append(c.body, p...)
	return len(p), nil
}

func (c *cache) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(c.ResponseWriter).Hijack()
}

func (c *cache) close() {
	if c.status != 0 {
		c.ResponseWriter.WriteHeader(c.status)
	}
	if len(c.body) > 0 {
		_, _ = c.ResponseWriter.Write(c.body)
	}
}

// late is what the server's handler says when all timeouts have passed.
const late = "late"

// speaker echoes, and speaks late.
func speaker() actor.Actor {
	return actor.ReceiveFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case *messages.Opened:
			root := ctx.ActorSystem().Root
			time.AfterFunc(2*serverTimeout, func() { root.Send(m.Conn, messages.Text(late)) })
		case *messages.Received:
			ctx.Send(m.Conn, &messages.Send{Type: m.Type, Data: m.Data})
		}
	})
}

// Under each of them, in the clear and over TLS: a client connects, and is answered
// before and after the server's timeouts have passed, and closes cleanly; and the
// server has nothing to complain about.
func TestRouters(t *testing.T) {
	sup := start(t)
	for row, handler := range around {
		for _, secure := range []bool{false, true} {
			name, server := row, httptest.NewUnstartedServer(nil)
			acceptor := actors.Accept(sup, actors.WithHandler(speaker))
			server.Config = &http.Server{
				Handler: handler(acceptor), ErrorLog: log.New(complaints{t}, name+": ", 0),
				ReadTimeout: serverTimeout, ReadHeaderTimeout: serverTimeout, WriteTimeout: serverTimeout, IdleTimeout: serverTimeout,
			}
			if secure {
				name += ", TLS"
				server.StartTLS()
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				converse(t, sup, server)
				if s := acceptor.Stats(); s.Accepted != 1 || len(s.Refused) != 0 {
					t.Errorf("counted %+v", s)
				}
			})
		}
	}
}

func converse(t *testing.T, sup *supervisor.Supervisor, server *httptest.Server) {
	events := wstest.NewRecorder()
	options := []actors.Option{
		actors.WithHandler(events.Handler), actors.WithHeader(http.Header{"Accept-Encoding": {"gzip, deflate, br"}}),
	}
	if server.TLS != nil {
		options = append(options, actors.WithTLSConfig(server.Client().Transport.(*http.Transport).TLSClientConfig))
	}
	conn, err := actors.Connect(sup, server.URL+"/ws", options...)
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	say := func(text string) {
		if err := conn.Send(messages.Text(text)); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(text string) {
		if m := wstest.Next[*messages.Received](t, events); string(m.Data) != text {
			t.Fatalf("got %s, want %q", wstest.Describe(m), text)
		}
	}
	say("early")
	hear("early")
	hear(late)
	say("later")
	hear("later")
	_ = conn.Close(messages.CloseNormal, "")
	if e := events.Last(t); !e.Clean || e.Code != messages.CloseNormal {
		t.Errorf("got %s", wstest.Describe(e))
	}
}

// http.TimeoutHandler lets nobody take over the connection, and routers pretend
// that it does: the client is told.
func TestUnderTimeoutHandler(t *testing.T) {
	for name, handler := range around {
		acceptor := actors.Accept(start(t), actors.WithHandler(speaker))
		server := httptest.NewServer(http.TimeoutHandler(handler(acceptor), time.Minute, ""))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		}
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotImplemented || !strings.Contains(string(body), "http.TimeoutHandler") {
			t.Errorf("%s: %d %q", name, answer.StatusCode, body)
		}
		server.Close()
	}
}

// complaints are a server's.
type complaints struct{ t *testing.T }

func (c complaints) Write(p []byte) (int, error) {
	c.t.Errorf("the server says: %s", p)
	return len(p), nil
}

func start(t *testing.T) *supervisor.Supervisor {
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := supervisor.Start(system)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := sup.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return sup
}
