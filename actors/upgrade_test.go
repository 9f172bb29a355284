package actors_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// noting is the response of a middleware that notes the status, and passes it on
// when the handler has returned, if a body was written: to compress it, to cache it.
type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) { n.status = status }

func (n *noting) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(n.ResponseWriter).Hijack()
}

// The answer does not depend on what a middleware does with a status. It carries what
// was set before, but for what is not for others to say.
func TestAcceptUnderNotingMiddleware(t *testing.T) {
	sup := start(t)
	accept := actors.Accept(sup, actors.WithHandler(echoes))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
		for name, value := range map[string]string{
			"Content-Length": "5", "Content-Encoding": "gzip", "Connection": "close", "X-Injected": "a\r\nX-More: b",
			"Sec-WebSocket-Extensions": "permessage-deflate", "sec-websocket-protocol": "v9",
		} {
			w.Header()[name] = []string{value}
		}
		accept.ServeHTTP(&noting{ResponseWriter: w}, r)
	}))
	defer server.Close()
	answer := upgrade(t, server.URL, nil)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSwitchingProtocols || len(answer.Cookies()) != 2 {
		t.Errorf("status %d, header %v", answer.StatusCode, answer.Header)
	}
	for name, want := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Content-Length": "", "Content-Encoding": "",
		"Sec-WebSocket-Extensions": "", "Sec-WebSocket-Protocol": "", "X-More": "",
	} {
		if got := strings.Join(answer.Header.Values(name), ", "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	conn := answer.Body.(io.ReadWriter)
	if _, err := conn.Write(masked(wstest.Frame(0x81, []byte("hello")))); err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 7)
	if _, err := io.ReadFull(conn, frame); err != nil || string(frame) != "\x81\x05hello" {
		t.Errorf("got %q, %v", frame, err)
	}
}

// pretender says that it can be hijacked, and panics.
type pretender struct{ opaque }

func (pretender) Hijack() (net.Conn, *bufio.ReadWriter, error) { panic("not a Hijacker") }

func (p pretender) WriteHeader(int) { panic("nothing is written here any more") }

func (p pretender) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// What cannot be upgraded is told why.
func TestNotHijackable(t *testing.T) {
	accept := actors.Accept(start(t), actors.WithHandler(echoes))
	mux := http.NewServeMux()
	mux.HandleFunc("/opaque", func(w http.ResponseWriter, r *http.Request) { accept.ServeHTTP(opaque{w}, r) })
	mux.HandleFunc("/pretender", func(w http.ResponseWriter, r *http.Request) { accept.ServeHTTP(pretender{opaque{w}}, r) })
	mux.Handle("/timeout", http.TimeoutHandler(accept, time.Minute, ""))
	mux.HandleFunc("/taken", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		accept.ServeHTTP(w, r)
		_, _ = io.WriteString(conn, "HTTP/1.1 418 \r\nConnection: close\r\n\r\nActors.Accept came too late")
	})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = strict(t)
	server.Start()
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for path, status := range map[string]int{"/opaque": 501, "/pretender": 501, "/timeout": 501, "/taken": 418} {
		answer := upgrade(t, server.URL+path, nil)
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != status || !strings.Contains(string(body), "ctors.Accept") {
			t.Errorf("%s: %d %q", path, answer.StatusCode, body)
		}
		answer.Body.Close()
	}
	if s := accept.Stats(); s.Open != 0 || s.Accepted != 0 || s.Refused[501] != 3 || s.Refused[500] != 1 {
		t.Errorf("counted %+v", s)
	}
}

// HTTP/2 has no upgrade.
func TestNoUpgradeUnderHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(actors.Accept(start(t), actors.WithHandler(echoes)))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusHTTPVersionNotSupported || !strings.Contains(string(body), "HTTP/1.1") {
		t.Errorf("%d %q", answer.StatusCode, body)
	}
}

// A crawler that asks for the page, and a page of a foreign origin, cost clients
// nothing: neither the accept rate, nor a place, nor a run of the hook.
func TestWhatIsNoWebSocketSpendsNothing(t *testing.T) {
	var asked atomic.Int64
	acceptor := actors.Accept(start(t), actors.WithHandler(echoes), actors.WithAcceptRate(0.001, 1), actors.WithMaxConnections(1),
		actors.WithUpgrade(func(*http.Request) (any, error) { return asked.Add(1), nil }))
	server := httptest.NewServer(acceptor)
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for range 100 {
		for _, header := range []http.Header{
			{"Upgrade": nil, "Connection": nil}, {"Sec-Websocket-Key": nil}, {"Origin": {"https://evil.test"}},
		} {
			upgrade(t, server.URL, header).Body.Close()
		}
	}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, strings.NewReader("body"))
	request.Header = handshakeHeader()
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("with a body: %v, %v", answer, err)
	}
	answer.Body.Close()
	if n := asked.Load(); n != 0 {
		t.Errorf("the hook was asked %d times", n)
	}
	answer = upgrade(t, server.URL, nil)
	answer.Body.Close()
	if s := acceptor.Stats(); answer.StatusCode != 101 || s.Accepted != 1 || s.Refused[426] != 100 || s.Refused[400] != 101 || s.Refused[403] != 100 {
		t.Errorf("status %d, counted %+v", answer.StatusCode, s)
	}
}

// What is a handshake and what is none, by RFC 6455, section 4.2.1. (A recorder cannot
// be hijacked: that it gets so far says that a request is one.)
func TestWhatIsAHandshake(t *testing.T) {
	acceptor := actors.Accept(start(t), actors.WithHandler(echoes), actors.WithOriginPatterns("*.friend.test", "https://other.test"))
	for name, test := range map[string]struct {
		change func(r *http.Request)
		status int
	}{
		"as it should be": {func(*http.Request) {}, 501},
		"as Firefox asks": {func(r *http.Request) { r.Header.Set("Connection", "keep-alive, Upgrade") }, 501},
		"in other case": {func(r *http.Request) {
			r.Header = http.Header{
				"Connection": {"x", "UPGRADE"}, "Upgrade": {"h2c, WebSocket"},
				"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {" dGhlIHNhbXBsZSBub25jZQ== "},
			}
		}, 501},
		"HTTP/1.0":               {func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 1, 0 }, 426},
		"HTTP/2":                 {func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, 505},
		"upgrade to another":     {func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, 426},
		"HEAD":                   {func(r *http.Request) { r.Method = http.MethodHead }, 405},
		"POST":                   {func(r *http.Request) { r.Method = http.MethodPost }, 405},
		"a body":                 {func(r *http.Request) { r.ContentLength = -1 }, 400},
		"an old draft":           {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8, 13") }, 400},
		"of the same host":       {func(r *http.Request) { r.Header.Set("Origin", "https://EXAMPLE.com") }, 501},
		"of the same host, port": {func(r *http.Request) { r.Header.Set("Origin", "https://example.com:8443") }, 403},
		"of a friend":            {func(r *http.Request) { r.Header.Set("Origin", "http://A.friend.test") }, 501},
		"by a scheme":            {func(r *http.Request) { r.Header.Set("Origin", "https://other.test") }, 501},
		"by another scheme":      {func(r *http.Request) { r.Header.Set("Origin", "http://other.test") }, 403},
		"of a sandbox":           {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"of nowhere":             {func(r *http.Request) { r.Header.Set("Origin", "http://%zz") }, 403},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = handshakeHeader()
		test.change(r)
		w := httptest.NewRecorder()
		acceptor.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: status %d, want %d: %s", name, w.Code, test.status, w.Body)
		}
		if w.Code == http.StatusMethodNotAllowed && w.Header().Get("Allow") != "GET" {
			t.Errorf("%s: Allow is %q", name, w.Header().Get("Allow"))
		}
	}
}

func handshakeHeader() http.Header {
	return http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
}

// A ticket that is good for one use is not taken from a client for whom there is no
// room. The body says which limit it was.
func TestTicketIsNotSpentOverALimit(t *testing.T) {
	for name, option := range map[string]actors.Option{
		"WithMaxConnections": actors.WithMaxConnections(1), "WithAcceptRate": actors.WithAcceptRate(0.001, 1),
	} {
		tickets := make(chan struct{}, 2)
		tickets <- struct{}{}
		tickets <- struct{}{}
		server := httptest.NewServer(actors.Accept(start(t), option, actors.WithHandler(echoes),
			actors.WithUpgrade(func(*http.Request) (any, error) { return <-tickets, nil })))
		first, second := upgrade(t, server.URL, nil), upgrade(t, server.URL, nil)
		body, _ := io.ReadAll(second.Body)
		if first.StatusCode != 101 || second.StatusCode != 503 || !strings.Contains(string(body), name) {
			t.Errorf("%s: %d, then %d %q", name, first.StatusCode, second.StatusCode, body)
		}
		if len(tickets) != 1 {
			t.Errorf("%s: %d tickets left", name, len(tickets))
		}
		first.Body.Close()
		second.Body.Close()
		server.Close()
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// While the hook takes its time a request has a place, and is no connection yet.
func TestOpenIsNoMoreThanAccepted(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	acceptor := actors.Accept(start(t), actors.WithHandler(echoes), actors.WithMaxConnections(1),
		actors.WithUpgrade(func(*http.Request) (any, error) {
			entered <- struct{}{}
			<-release
			return nil, nil
		}))
	server := httptest.NewServer(acceptor)
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	answers := make(chan *http.Response)
	go func() { answers <- upgrade(t, server.URL, nil) }()
	<-entered
	other := upgrade(t, server.URL, nil)
	other.Body.Close()
	if s := acceptor.Stats(); s.Open != 0 || s.Accepted != 0 || other.StatusCode != 503 {
		t.Errorf("status %d, counted %+v", other.StatusCode, s)
	}
	close(release)
	answer := <-answers
	answer.Body.Close()
	if answer.StatusCode != 101 {
		t.Errorf("status %d", answer.StatusCode)
	}
}

// A hook that panics, or refuses, gives its place back.
func TestHookGivesItsPlaceBack(t *testing.T) {
	var asked atomic.Int64
	acceptor := actors.Accept(start(t), actors.WithHandler(echoes), actors.WithMaxConnections(1),
		actors.WithUpgrade(func(*http.Request) (any, error) {
			switch asked.Add(1) {
			case 1:
				panic(http.ErrAbortHandler)
			case 2:
				return nil, errors.New("no")
			}
			return nil, nil
		}))
	server := httptest.NewServer(acceptor)
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	request.Header = handshakeHeader()
	if answer, err := http.DefaultTransport.RoundTrip(request); err == nil {
		answer.Body.Close()
		t.Errorf("status %d", answer.StatusCode)
	}
	for _, want := range []int{403, 101} {
		answer := upgrade(t, server.URL, nil)
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("status %d, want %d", answer.StatusCode, want)
		}
	}
	if s := acceptor.Stats(); s.Accepted != 1 || s.Refused[500] != 1 || s.Refused[403] != 1 {
		t.Errorf("counted %+v", s)
	}
}

// A page that may not connect, and its operator, are told what would let it.
func TestForeignOriginIsLogged(t *testing.T) {
	lines := make(chan slog.Record, 100)
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(&recording{lines: lines})
	}))
	sup, err := supervisor.Start(system)
	if err != nil {
		t.Fatal(err)
	}
	defer sup.Stop(context.Background())
	server := httptest.NewServer(actors.Accept(sup, actors.WithHandler(echoes)))
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for range 20 {
		answer := upgrade(t, server.URL, http.Header{"Origin": {"https://evil.test"}})
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != 403 || !strings.Contains(string(body), "WithOriginPatterns") || !strings.Contains(string(body), "evil.test") {
			t.Fatalf("%d %q", answer.StatusCode, body)
		}
	}
	var warnings int
	for len(lines) > 0 {
		if line := <-lines; line.Level == slog.LevelWarn && strings.Contains(line.Message, "WithOriginPatterns") {
			warnings++
		}
	}
	if warnings == 0 || warnings == 20 { // one a second
		t.Errorf("%d warnings", warnings)
	}
}

// recording is a log handler that keeps what it gets.
type recording struct {
	slog.Handler
	lines chan<- slog.Record
}

func (*recording) Enabled(context.Context, slog.Level) bool { return true }

func (r *recording) Handle(_ context.Context, line slog.Record) error {
	r.lines <- line
	return nil
}

// strict is for servers that must not complain.
func strict(t *testing.T) *log.Logger {
	return log.New(writerFunc(func(p []byte) (int, error) {
		t.Errorf("the server says: %s", p)
		return len(p), nil
	}), "", 0)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A hook that outlasts its client ends with the request's context, and what it then
// says starts nothing that lasts.
func TestHookOutlastsItsClient(t *testing.T) {
	events := wstest.NewRecorder()
	left, gone := make(chan struct{}), make(chan struct{})
	acceptor := actors.Accept(start(t), actors.WithHandler(events.Handler), actors.WithMaxConnections(1),
		actors.WithUpgrade(func(r *http.Request) (any, error) {
			close(left)
			<-r.Context().Done()
			close(gone)
			return nil, nil
		}))
	server := httptest.NewServer(acceptor)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	<-left
	conn.Close()
	<-gone
	wstest.Next[*messages.Opened](t, events)
	if e := events.Last(t); e.Code != messages.CloseAbnormal {
		t.Errorf("got %s", wstest.Describe(e))
	}
}
