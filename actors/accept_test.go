package actors_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// echoes is a server's handler that sends back what it gets.
func echoes() actor.Actor {
	return actor.ReceiveFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.Received); ok {
			ctx.Send(m.Conn, &messages.Send{Type: m.Type, Data: m.Data})
		}
	})
}

// accepting runs a test with a server of ours, and a client of ours to it, in
// virtual time, each under a tree of its own.
func accepting(t *testing.T, options []actors.Option,
	f func(t *testing.T, server *supervisor.Supervisor, conn *actors.Conn, events *wstest.Recorder),
) {
	t.Helper()
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, listener *wstest.Server) {
		tree := start(t)
		listener.Become(wstest.HTTP(actors.Accept(tree, options...)))
		conn, events := connect(t, clients, listener, actors.WithSubprotocols("v1"))
		f(t, tree, conn, events)
	})
}

// Both ends are the same connection.
func TestAcceptEchoes(t *testing.T) {
	options := []actors.Option{actors.WithHandler(echoes), actors.WithSubprotocols("v2", "v1")}
	accepting(t, options, func(t *testing.T, server *supervisor.Supervisor, conn *actors.Conn, events *wstest.Recorder) {
		if e := wstest.Next[*messages.Opened](t, events); e.Subprotocol != "v1" {
			t.Errorf("subprotocol %q", e.Subprotocol)
		}
		for i := range 100 {
			_ = conn.Send(messages.Text(fmt.Sprint(i)))
		}
		for i := range 100 {
			if e := wstest.Next[*messages.Received](t, events); string(e.Data) != fmt.Sprint(i) {
				t.Fatalf("got %s, want %d", wstest.Describe(e), i)
			}
		}
		if n := server.Running(); n != 1 {
			t.Errorf("%d connections", n)
		}
		pass(time.Hour) // of heartbeats, from both sides
		events.None(t)
		if e := closeAndWait(t, conn, events); !e.Clean || e.Code != messages.CloseNormal {
			t.Errorf("got %s", wstest.Describe(e))
		}
		pass(time.Second)
		if n := server.Running(); n != 0 {
			t.Errorf("%d connections left", n)
		}
	})
}

// A failed server connection is stopped, not restarted: nobody can redial.
func TestAcceptedIsNotRestarted(t *testing.T) {
	events := wstest.NewRecorder()
	options := []actors.Option{actors.WithHandler(events.Handler)}
	accepting(t, options, func(t *testing.T, server *supervisor.Supervisor, conn *actors.Conn, client *wstest.Recorder) {
		wstest.Next[*messages.Opened](t, events)
		wstest.Next[*messages.Opened](t, client)
		if err := conn.Close(4000, "enough"); err != nil {
			t.Fatal(err)
		}
		if e := wstest.Next[*messages.Closed](t, events); e.WillRetry || !e.Clean || e.Code != 4000 || e.Reason != "enough" {
			t.Errorf("got %s", wstest.Describe(e))
		}
		pass(time.Hour)
		if n := server.Running(); n != 0 {
			t.Errorf("%d connections left", n)
		}
		events.None(t)
	})
}

// A server's handler that panics costs its peer the socket, with 1011.
func TestAcceptedHandlerPanics(t *testing.T) {
	options := []actors.Option{actors.WithHandler(func() actor.Actor {
		return actor.ReceiveFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*messages.Received); ok {
				panic("boom")
			}
		})
	})}
	accepting(t, options, func(t *testing.T, server *supervisor.Supervisor, conn *actors.Conn, events *wstest.Recorder) {
		wstest.Next[*messages.Opened](t, events)
		_ = conn.Send(messages.Text("x"))
		if e, ok := wstest.Next[any](t, events).(*messages.Closed); ok && e.Code != messages.CloseInternalError {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// The server's tree stops with 1001 to every client.
func TestAcceptedAreStoppedWithTheTree(t *testing.T) {
	options := []actors.Option{actors.WithHandler(echoes)}
	accepting(t, options, func(t *testing.T, server *supervisor.Supervisor, conn *actors.Conn, events *wstest.Recorder) {
		wstest.Next[*messages.Opened](t, events)
		if err := server.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := wstest.Next[*messages.Closed](t, events); !e.Clean || e.Code != messages.CloseGoingAway || !e.WillRetry {
			t.Errorf("got %s", wstest.Describe(e))
		}
		e := wstest.Next[*messages.Failed](t, events) // the next attempt
		if !handshakeStatus(http.StatusServiceUnavailable)(e.Err) {
			t.Errorf("got %v", e.Err)
		}
	})
}

// The text heartbeat of pages is answered at once, also while the handler is busy,
// and is not its business.
func TestHeartbeatReply(t *testing.T) {
	options := []actors.Option{actors.WithHandler(echoes), actors.WithHeartbeatReply("0x9", "0xA")}
	accepting(t, options, func(t *testing.T, _ *supervisor.Supervisor, conn *actors.Conn, events *wstest.Recorder) {
		wstest.Next[*messages.Opened](t, events)
		_ = conn.Send(messages.Text("0x9"))
		if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "0xA" {
			t.Errorf("got %s", wstest.Describe(e))
		}
		_ = conn.Send(messages.Binary([]byte("0x9")))
		if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "0x9" {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// The upgrade hook refuses with a status, or attaches a value.
func TestUpgradeHook(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	server := httptest.NewServer(actors.Accept(sup, actors.WithHandler(events.Handler),
		actors.WithUpgrade(func(r *http.Request) (any, error) {
			switch user := r.URL.Query().Get("user"); user {
			case "":
				return nil, &actors.UpgradeError{
					Status: 401, Reason: "who are you?", Header: http.Header{"Www-Authenticate": {"Bearer"}},
				}
			case "broken":
				return nil, &actors.UpgradeError{Reason: "no status"}
			case "secret":
				return nil, errors.New("the database says no")
			default:
				return user, nil
			}
		})))
	defer server.Close()
	for query, want := range map[string]struct {
		status int
		body   string
	}{"": {401, "who are you?\n"}, "?user=broken": {500, "no status\n"}, "?user=secret": {403, "Forbidden\n"}} {
		answer := upgrade(t, server.URL+query, nil)
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != want.status || string(body) != want.body {
			t.Errorf("%q: %d %q", query, answer.StatusCode, body)
		}
		answer.Body.Close()
	}
	conn, err := actors.Connect(sup, server.URL+"?user=me", actors.WithCallbacks(actors.Callbacks{
		OnOpen: func(*actors.Conn, *messages.Opened) {},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if e := wstest.Next[*messages.Opened](t, events); e.Value != "me" {
		t.Errorf("value %v", e.Value)
	}
	_ = conn.Close(0, "")
	events.Last(t)
}

// upgrade asks for an upgrade with a request that the header changes.
func upgrade(t *testing.T, url string, header http.Header) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = handshakeHeader()
	for name, values := range header {
		request.Header[name] = values
		if values == nil {
			delete(request.Header, name)
		}
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Each bad request ends with the status that RFC 6455, section 4.2, names, and
// starts nothing.
func TestBadRequests(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	acceptor := actors.Accept(sup, actors.WithHandler(events.Handler), actors.WithOriginPatterns("*.friend.test"))
	server := httptest.NewServer(acceptor)
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for name, test := range map[string]struct {
		header http.Header
		status int
	}{
		"no upgrade":     {http.Header{"Upgrade": nil}, 426},
		"no connection":  {http.Header{"Connection": nil}, 426},
		"wrong version":  {http.Header{"Sec-Websocket-Version": {"8"}}, 400},
		"missing key":    {http.Header{"Sec-Websocket-Key": nil}, 400},
		"short key":      {http.Header{"Sec-Websocket-Key": {"abc"}}, 400},
		"doubled key":    {http.Header{"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="}}, 400},
		"foreign origin": {http.Header{"Origin": {"https://evil.test"}}, 403},
	} {
		answer := upgrade(t, server.URL, test.header)
		if answer.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", name, answer.StatusCode, test.status)
		}
		answer.Body.Close()
	}
	if n := sup.Running(); n != 0 {
		t.Errorf("%d connections", n)
	}
	if s := acceptor.Stats(); s.Accepted != 0 || s.Open != 0 || s.Refused[426] != 2 || s.Refused[400] != 4 || s.Refused[403] != 1 {
		t.Errorf("counted %+v", s)
	}
	answer := upgrade(t, server.URL, http.Header{"Origin": {"https://a.friend.test"}})
	if answer.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("allowed origin: status %d", answer.StatusCode)
	}
	answer.Body.Close()
	events.Last(t)
}

// wrapper is middleware that wraps the ResponseWriter, as routers do.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// opaque is one that hides what it wraps.
type opaque struct{ http.ResponseWriter }

func TestAcceptUnderMiddleware(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	accept := actors.Accept(sup, actors.WithHandler(events.Handler))
	mux := http.NewServeMux()
	mux.HandleFunc("/wrapped", func(w http.ResponseWriter, r *http.Request) { accept.ServeHTTP(wrapper{wrapper{w}}, r) })
	mux.HandleFunc("/opaque", func(w http.ResponseWriter, r *http.Request) { accept.ServeHTTP(opaque{w}, r) })
	server := httptest.NewServer(mux)
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	answer := upgrade(t, server.URL+"/wrapped", nil)
	if answer.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("status %d", answer.StatusCode)
	}
	answer.Body.Close()
	events.Last(t)
	answer = upgrade(t, server.URL+"/opaque", nil)
	if answer.StatusCode != http.StatusNotImplemented {
		t.Errorf("status %d", answer.StatusCode)
	}
	answer.Body.Close()
}

// What a client sends with its request, before it has the answer, is not lost.
func TestBytesReadAheadAreNotLost(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	server := httptest.NewServer(actors.Accept(sup, actors.WithHandler(events.Handler), actors.WithReadLimit(1<<20)))
	defer server.Close()
	for _, size := range []int{1, 100, 3000, 100_000} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		frame := masked(wstest.Frame(0x82, make([]byte, size)))
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"+string(frame)); err != nil {
			t.Fatal(err)
		}
		wstest.Next[*messages.Opened](t, events)
		if e := wstest.Next[*messages.Received](t, events); len(e.Data) != size {
			t.Errorf("got %d bytes, want %d", len(e.Data), size)
		}
		conn.Close()
		events.Last(t)
	}
}

// masked masks a frame of wstest with a key of zeros, as clients must mask.
func masked(frame []byte) []byte {
	header := 2
	switch frame[1] {
	case 126:
		header = 4
	case 127:
		header = 10
	}
	out := append([]byte{frame[0], frame[1] | 0x80}, frame[2:header]...)
	return append(append(out, 0, 0, 0, 0), frame[header:]...)
}

// Frames that break the protocol end with the code that RFC 6455 names.
func TestBadFrames(t *testing.T) {
	sup, events := start(t), wstest.NewRecorder()
	acceptor := actors.Accept(sup, actors.WithHandler(events.Handler), actors.WithReadLimit(1000))
	server := httptest.NewServer(acceptor)
	defer server.Close()
	for name, test := range map[string]struct {
		frames []byte
		code   messages.CloseCode
	}{
		"unmasked":               {wstest.Frame(0x81, []byte("x")), 1002},
		"reserved bits":          {masked(wstest.Frame(0xb1, []byte("x"))), 1002},
		"unknown opcode":         {masked(wstest.Frame(0x83, []byte("x"))), 1002},
		"continuation of none":   {masked(wstest.Frame(0x80, []byte("x"))), 1002},
		"fragments out of order": {append(masked(wstest.Frame(0x01, []byte("x"))), masked(wstest.Frame(0x81, []byte("x")))...), 1002},
		"fragmented control":     {masked(wstest.Frame(0x09, []byte("x"))), 1002},
		"control over 125 bytes": {masked(wstest.Frame(0x89, make([]byte, 126))), 1002},
		"close code 1005":        {masked(wstest.Frame(0x88, []byte{0x03, 0xed})), 1002},
		"close of one byte":      {masked(wstest.Frame(0x88, []byte{0x03})), 1002},
		"invalid UTF-8":          {masked(wstest.Frame(0x81, []byte{0xff})), 1007},
		"over the limit":         {masked(wstest.Frame(0x82, make([]byte, 1001))), 1009},
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, strings.ReplaceAll(`GET / HTTP/1.1
Host: x
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

`, "\n", "\r\n")); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		answer, err := http.ReadResponse(reader, nil)
		if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(answer, err)
		}
		if _, err := conn.Write(test.frames); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(reader)
		if len(rest) < 4 || rest[0] != 0x88 || messages.CloseCode(rest[2])<<8|messages.CloseCode(rest[3]) != test.code {
			t.Errorf("%s: peer got %x, want close %d", name, rest, test.code)
		}
		conn.Close()
		wstest.Next[*messages.Opened](t, events)
		if e := events.Last(t); e.Clean {
			t.Errorf("%s: got %s", name, wstest.Describe(e))
		}
	}
	if s := acceptor.Stats(); s.Accepted != 11 || s.Closed[1002] != 9 || s.Closed[1007] != 1 || s.Closed[1009] != 1 {
		t.Errorf("counted %+v", s)
	}
}

func TestAcceptRefusesOptions(t *testing.T) {
	sup := start(t)
	handler := actors.WithHandler(echoes)
	for want, options := range map[string][]actors.Option{
		"WithHandler":             nil,
		"WithDialContext":         {handler, actors.WithDialContext(nil)},
		"WithPolicy":              {handler, actors.WithPolicy(supervisor.Policy{})},
		"WithHeader":              {handler, actors.WithHeader(nil)},
		"WithProxy":               {handler, actors.WithProxy(nil)},
		"WithTLSConfig":           {handler, actors.WithTLSConfig(nil)},
		"WithHandshakeTimeout":    {handler, actors.WithHandshakeTimeout(1)},
		"WithOriginPatterns":      {handler, actors.WithOriginPatterns("[")},
		"WithMaxConnections":      {handler, actors.WithMaxConnections(0)},
		"WithAcceptRate":          {handler, actors.WithAcceptRate(0, 1)},
		"WithFirstMessageTimeout": {handler, actors.WithFirstMessageTimeout(-1)},
		"WithIdleTimeout":         {handler, actors.WithIdleTimeout(0)},
		"WithHeartbeatReply":      {handler, actors.WithHeartbeatReply("", "")},
	} {
		func() {
			defer func() {
				var option *messages.OptionError
				if err, ok := recover().(error); !ok || !errors.As(err, &option) || option.Option != want {
					t.Errorf("%s: %v", want, err)
				}
			}()
			actors.Accept(sup, options...)
		}()
	}
	for want, option := range map[string]actors.Option{
		"WithUpgrade": actors.WithUpgrade(nil), "WithOriginPatterns": actors.WithOriginPatterns("x"),
		"WithAnyOrigin": actors.WithAnyOrigin(),
	} {
		_, err := actors.Connect(sup, "ws://x/", handler, option)
		var e *messages.OptionError
		if !errors.As(err, &e) || e.Option != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}
