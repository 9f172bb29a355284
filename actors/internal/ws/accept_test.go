package ws

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// request is a handshake, but for what a test changes.
func request(change func(r *http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://host.test/", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	if change != nil {
		change(r)
	}
	return r
}

// hijackable is a response that can be taken over.
type hijackable struct {
	*httptest.ResponseRecorder
	conn   net.Conn
	ahead  string
	unsent bool // what the server has yet to write cannot be
	err    error
}

func (h *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if h.err != nil {
		return nil, nil, h.err
	}
	reader := bufio.NewReader(strings.NewReader(h.ahead))
	_, _ = reader.Peek(len(h.ahead))
	writer := bufio.NewWriter(h.conn)
	if h.unsent {
		_, _ = writer.WriteString("HTTP/1.1 100 Continue\r\n\r\n")
	}
	return h.conn, bufio.NewReadWriter(reader, writer), nil
}

// wrapped is what a middleware puts around a response.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// claims says that it can be taken over, and panics.
type claims struct{ http.ResponseWriter }

func (claims) Hijack() (net.Conn, *bufio.ReadWriter, error) { panic("not really") }

// A request that is not upgraded is an error that says how to answer it.
func TestNotUpgraded(t *testing.T) {
	recorder := func() *httptest.ResponseRecorder { return httptest.NewRecorder() }
	for name, test := range map[string]struct {
		w      http.ResponseWriter
		change func(r *http.Request)
		is     func(error) bool
	}{
		"no handshake": {wrapped{&hijackable{ResponseRecorder: recorder()}}, func(r *http.Request) { r.Header.Del("Upgrade") }, func(err error) bool {
			var e *RefusedError
			return errors.As(err, &e) && e.Status == http.StatusUpgradeRequired && e.Reason != "" && e.Error() == e.Reason
		}},
		"of another origin": {&hijackable{ResponseRecorder: recorder()}, func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") }, func(err error) bool {
			var e *RefusedError
			return errors.As(err, &e) && e.Status == http.StatusForbidden
		}},
		"by its server": {&hijackable{ResponseRecorder: recorder(), err: io.ErrClosedPipe}, nil, func(err error) bool { return errors.Is(err, io.ErrClosedPipe) }},
		"taken over": {&hijackable{ResponseRecorder: recorder(), err: http.ErrHijacked}, nil, func(err error) bool {
			var e *HijackError
			return errors.As(err, &e) && e.Taken && e.Error() != ""
		}},
		"it only claims": {claims{recorder()}, nil, func(err error) bool {
			var e *HijackError
			return errors.As(err, &e) && !e.Taken && errors.Is(err, http.ErrNotSupported)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			begun := false
			c, err := newAcceptor(0, nil).Accept(test.w, request(test.change), func() { begun = true })
			if c != nil || !test.is(err) || begun {
				t.Errorf("got %T: %v; begun: %v", err, err, begun)
			}
		})
	}
}

// What the server has yet to write, and cannot, is why nothing can be answered.
func TestNotAnswered(t *testing.T) {
	conn, peer := net.Pipe()
	_ = peer.Close()
	begun := false
	w := &hijackable{ResponseRecorder: httptest.NewRecorder(), conn: conn, unsent: true}
	c, err := newAcceptor(0, nil).Accept(w, request(nil), func() { begun = true })
	if c != nil || err == nil || isA[*RefusedError](err) || isA[*HijackError](err) {
		t.Errorf("got %T: %v", err, err)
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) || begun {
		t.Errorf("it is not closed: %v; begun: %v", err, begun)
	}
}

// What a handler has set before goes out with the answer, but for what the handshake says;
// and what the client has sent with its request is read first.
func TestAnswer(t *testing.T) {
	conn, peer := net.Pipe()
	defer peer.Close()
	w := &hijackable{ResponseRecorder: httptest.NewRecorder(), conn: conn, ahead: "\x81\x85\x00\x00\x00\x00early"}
	for name, value := range map[string]string{"set-cookie": "a=b", "Content-Length": "7", "Sec-WebSocket-Protocol": "mine"} {
		w.Header()[name] = []string{value}
	}
	answer := make(chan *http.Response, 1)
	go func() {
		r, _ := http.ReadResponse(bufio.NewReader(peer), nil)
		answer <- r
	}()
	a := newAcceptor(websocket.CompressionContextTakeover, nil)
	c, err := a.Accept(wrapped{w}, request(func(r *http.Request) {
		r.Header.Set("Sec-WebSocket-Protocol", "other, chat")
		r.Header.Set("Sec-WebSocket-Extensions", "permessage-deflate; foo, permessage-deflate; client_max_window_bits")
	}), func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	r := <-answer
	if r.StatusCode != http.StatusSwitchingProtocols || r.Header.Get("Set-Cookie") != "a=b" || r.Header.Get("Content-Length") != "" {
		t.Errorf("answered %d with %v", r.StatusCode, r.Header)
	}
	if r.Header.Get("Sec-WebSocket-Protocol") != "chat" || !strings.HasPrefix(r.Header.Get("Sec-WebSocket-Extensions"), deflateName) {
		t.Errorf("agreed on %v", r.Header)
	}
	if _, data, err := next(c); string(data) != "early" {
		t.Errorf("got %q, %v", data, err)
	}
	if c.Subprotocol() != "chat" {
		t.Errorf("agreed on %q", c.Subprotocol())
	}
}

// A response can be taken over through whatever wraps it.
func TestWrappers(t *testing.T) {
	plain := httptest.NewRecorder()
	inner := &hijackable{ResponseRecorder: plain}
	if CanHijack(plain) || CanHijack(wrapped{plain}) || !CanHijack(wrapped{wrapped{inner}}) {
		t.Error("it can, or cannot")
	}
	if Innermost(wrapped{wrapped{inner}}) != http.ResponseWriter(inner) || Innermost(plain) != http.ResponseWriter(plain) {
		t.Error("it is another")
	}
}
