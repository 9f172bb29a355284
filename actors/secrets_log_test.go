package actors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// everything is all that is logged, published and said to the handler.
type everything struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *everything) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

// event is what a program may make of an event that it wants to see.
func (h *everything) event(event any) {
	data, _ := json.Marshal(event)
	fmt.Fprintf(h, "%v\n%+v\n%s\n", event, event, data)
}

func (h *everything) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// overhear starts a tree all of whose words are heard.
func overhear(t *testing.T) (*supervisor.Supervisor, *everything) {
	t.Helper()
	h := &everything{}
	all := &slog.HandlerOptions{Level: slog.LevelDebug}
	text, js := slog.NewTextHandler(h, all), slog.NewJSONHandler(h, all)
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(&both{text, js}) }))
	system.EventStream.Subscribe(h.event)
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
	return sup, h
}

// both are two log handlers.
type both [2]slog.Handler

func (*both) Enabled(context.Context, slog.Level) bool { return true }

func (b *both) Handle(ctx context.Context, line slog.Record) error {
	return errors.Join(b[0].Handle(ctx, line), b[1].Handle(ctx, line))
}

func (b *both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &both{b[0].WithAttrs(attrs), b[1].WithAttrs(attrs)}
}

func (b *both) WithGroup(name string) slog.Handler {
	return &both{b[0].WithGroup(name), b[1].WithGroup(name)}
}

// httpStatus is a server that refuses, and says secrets while it does.
func httpStatus(t *testing.T, status int) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "id="+secret)
		w.Header().Set("Location", secretURL)
		w.Header().Set("Proxy-Authenticate", "Basic realm=x")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, secretURL)
	}))
	t.Cleanup(server.Close)
	return server
}

// failsWith returns all that is heard of a connection whose two attempts fail, and why
// the first did.
func failsWith(t *testing.T, to string, options ...actors.Option) (string, error) {
	t.Helper()
	sup, h := overhear(t)
	events := wstest.NewRecorder().Before(h.event)
	options = append([]actors.Option{
		actors.WithHandler(events.Handler), actors.WithPolicy(supervisor.Policy{First: time.Hour, MaxAttempts: 2}),
		actors.WithHeader(http.Header{"Authorization": {"Bearer " + secret}, "Cookie": {"id=" + secret}}),
	}, options...)
	conn, err := actors.Connect(sup, to, options...)
	if err != nil {
		t.Fatal(err)
	}
	failed := wstest.Next[*messages.Failed](t, events)
	wstest.Next[*messages.Closed](t, events)
	h.event(inspect(t, sup, conn))
	fmt.Fprintln(h, conn)
	conn.Reconnect()
	h.event(events.Last(t))
	return h.String(), failed.Err
}

// However a connection fails, and wherever the secrets are, none is said.
func TestNoSecretIsLogged(t *testing.T) {
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := refusing.Addr().String()
	_ = refusing.Close()
	with := func(scheme, host string) string {
		return scheme + "://user:" + secret + "@" + host + "/" + "?token=" + secret
	}
	unauthorized := httpStatus(t, http.StatusUnauthorized).Listener.Addr().String()
	proxy := httpStatus(t, http.StatusProxyAuthRequired).Listener.Addr().String()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = discardLog
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	mail, err := wstest.ListenTCP(func(conn net.Conn) { _, _ = io.WriteString(conn, "220 "+secretURL+"\r\n") })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mail.Close)
	through := func(proxy string) actors.Option {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		return actors.WithProxy(http.ProxyURL(u))
	}
	provide := func(url string, err error) actors.Option {
		return actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
			return actors.Credentials{URL: url, Header: http.Header{"Authorization": {secret}}}, err
		}, 0)
	}
	for name, test := range map[string]struct {
		url     string
		options []actors.Option
	}{
		"nobody listens":     {with("ws", nobody), nil},
		"401":                {with("ws", unauthorized), nil},
		"no HTTP":            {with("ws", strings.Trim(mail.URL(), "ws:/")), nil},
		"401, by TLS":        {with("wss", unauthorized), nil},
		"not trusted":        {with("wss", untrusted.Listener.Addr().String()), nil},
		"proxy, 407":         {with("ws", "example.test"), []actors.Option{through(with("http", proxy))}},
		"proxy, 407, by TLS": {with("wss", "example.test"), []actors.Option{through(with("http", proxy))}},
		"proxy is down":      {with("ws", "example.test"), []actors.Option{through(with("http", nobody))}},
		"SOCKS is down":      {with("ws", "example.test"), []actors.Option{through(with("socks5", nobody))}},
		"SOCKS is none":      {with("ws", "example.test"), []actors.Option{through(with("socks5", strings.Trim(mail.URL(), "ws:/")))}},
		"proxy unknown": {with("ws", "example.test"), []actors.Option{
			actors.WithProxy(func(*http.Request) (*url.URL, error) { return nil, errSecret }),
		}},
		"proxy panics": {with("ws", "example.test"), []actors.Option{
			actors.WithProxy(func(*http.Request) (*url.URL, error) { panic(errSecret) }),
		}},
		"dialer fails":       {secretURL, []actors.Option{actors.WithDialContext(noDial)}},
		"dialer panics":      {secretURL, []actors.Option{actors.WithDialContext(panicDial)}},
		"credentials fail":   {secretURL, []actors.Option{provide("", errSecret)}},
		"credentials are no": {secretURL, []actors.Option{provide("ws://user:"+secret+"/x@host", nil)}},
		"credentials, 401":   {secretURL, []actors.Option{provide(with("ws", unauthorized), nil)}},
		"credentials panic": {secretURL, []actors.Option{
			actors.WithCredentials(func(context.Context) (actors.Credentials, error) { panic(errSecret) }, 0),
		}},
		"classifier panics": {with("ws", unauthorized), []actors.Option{actors.WithPolicy(supervisor.Policy{
			First: time.Hour, MaxAttempts: 2, Classify: func(reason error) supervisor.Verdict { panic(errSecret) },
		})}},
	} {
		t.Run(name, func(t *testing.T) {
			said, failed := failsWith(t, test.url, test.options...)
			noSecretIn(t, said)
			if !strings.Contains(said, failed.Error()) {
				t.Errorf("%v is not in what was said", failed)
			}
		})
	}
}

func noSecretIn(t *testing.T, said string) {
	t.Helper()
	for line := range strings.Lines(said) {
		if strings.Contains(line, secret) {
			t.Error(line)
		}
	}
}

func panicDial(context.Context, string, string) (net.Conn, error) { panic(errSecret) }

// Nor of one that is open when it fails, and by what the user's functions say.
func TestNoSecretIsLoggedLater(t *testing.T) {
	for name, options := range map[string][]actors.Option{
		"handler":   nil,
		"first":     {actors.WithOnOpen(func(uint64) []*messages.Send { panic(errSecret) })},
		"incoming":  {actors.WithIncoming(actors.IncomingFunc(func(*messages.Received) *messages.Received { panic(errSecret) }))},
		"heartbeat": {actors.WithHeartbeatRule(func() actors.Heartbeat { panic(errSecret) })},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := wstest.ListenTCP(saysOneThing)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			sup, h := overhear(t)
			events := wstest.NewRecorder().Before(h.event)
			if name == "handler" {
				events.Before(func(event any) {
					h.event(event)
					if _, ok := event.(*messages.Received); ok {
						panic(errSecret)
					}
				})
			}
			_, err = actors.Connect(sup, server.URL()+"?token="+secret, append(options, actors.WithHandler(events.Handler),
				actors.WithPolicy(supervisor.Policy{First: time.Millisecond, MaxAttempts: 2}))...)
			if err != nil {
				t.Fatal(err)
			}
			events.Last(t)
			noSecretIn(t, h.String())
		})
	}
}

// saysOneThing is a peer that says one thing, and waits.
func saysOneThing(conn net.Conn) {
	if _, err := wstest.Upgrade(conn); err != nil {
		return
	}
	_, _ = conn.Write(wstest.Frame(0x81, []byte("x")))
	_, _ = io.Copy(io.Discard, conn)
}
