package actors_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// upgradeWith answers a handshake as it should be (RFC 6455, section 4.2.2), with more
// headers, and then leaves the connection open. In them ACCEPT is what
// Sec-WebSocket-Accept says.
func upgradeWith(more ...string) wstest.Peer {
	return func(conn net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		accept := base64.StdEncoding.EncodeToString(sum[:])
		lines := append([]string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
			"Sec-WebSocket-Accept: ACCEPT"}, more...)
		answer := strings.Join(lines, "\r\n") + "\r\n\r\n"
		_, _ = io.WriteString(conn, strings.ReplaceAll(answer, "ACCEPT", accept))
		_, _ = io.Copy(io.Discard, conn)
	}
}

// An answer that says a thing twice, or what there cannot be, is none: at once, though
// the connection stays open.
func TestAnswersThatAreNone(t *testing.T) {
	const extensions = "Sec-WebSocket-Extensions: permessage-deflate"
	type modes = []websocket.CompressionMode
	off, deflate := modes{websocket.CompressionDisabled}, modes{websocket.CompressionContextTakeover}
	all := append(off, deflate[0], websocket.CompressionNoContextTakeover)
	for _, test := range []struct {
		more  string // lines are separated by |
		modes modes
		taken bool
	}{
		{"", all, true},
		{"Sec-WebSocket-Accept: ACCEPT", all, false},
		{"Sec-WebSocket-Accept: other", all, false},
		{"Sec-WebSocket-Protocol: a", all, true},
		{"Sec-WebSocket-Protocol: a|Sec-WebSocket-Protocol: a", all, false},
		{"Sec-WebSocket-Protocol: a|Sec-WebSocket-Protocol: b", all, false},
		{"Sec-WebSocket-Protocol: a, b", all, false},
		{"Sec-WebSocket-Protocol: c", all, false},
		{extensions, off, false}, // not offered
		{extensions, deflate, true},
		{extensions + "; server_no_context_takeover; client_no_context_takeover", all[1:], true},
		{extensions, all[2:], false}, // asked not to keep its context, it keeps it
		{extensions + "; server_max_window_bits=10", deflate, true},
		{extensions + "; server_max_window_bits=\"8\"", deflate, true},
		{extensions + "; server_max_window_bits = 15", deflate, false},
		{extensions + "; server_max_window_bits", deflate, false},
		{extensions + "; server_max_window_bits=", deflate, false},
		{extensions + "; server_max_window_bits=7", deflate, false},
		{extensions + "; server_max_window_bits=16", deflate, false},
		{extensions + "; server_max_window_bits=99", deflate, false},
		{extensions + "; server_max_window_bits=abc", deflate, false},
		{extensions + "; server_max_window_bits=010", deflate, false},
		{extensions + "; server_max_window_bits=10; server_max_window_bits=10", deflate, false},
		{extensions + "; server_max_window_bits=10; server_max_window_bits=11", deflate, false},
		{extensions + "; client_max_window_bits=15", deflate, false}, // not offered
		{extensions + "; client_no_context_takeover=1", deflate, false},
		{extensions + "; server_no_context_takeover; server_no_context_takeover", all[1:], false},
		{extensions + "; client_no_context_takeover; client_no_context_takeover", deflate, false},
		{extensions + "; other", deflate, false},
		{extensions + "|" + extensions, deflate, false},
		{"Sec-WebSocket-Extensions: other", all, false},
		{"Sec-WebSocket-Extensions:", all, true}, // none
	} {
		for _, mode := range test.modes {
			name := fmt.Sprintf("%s/%d", test.more, mode)
			peer := upgradeWith(strings.FieldsFunc(test.more, func(c rune) bool { return c == '|' })...)
			inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				_, events := connect(t, sup, server, actors.WithSubprotocols("a", "b"), actors.WithCompression(mode))
				switch e := events.Any(t).(type) {
				case *messages.Opened:
					if !test.taken {
						t.Errorf("%s: taken", name)
					}
				case *messages.Failed:
					if test.taken || !handshakeStatus(101)(e.Err) {
						t.Errorf("%s: got %v", name, e.Err)
					}
				}
			})
		}
	}
}

// Responses that only inform may come before the answer.
func TestInformationBeforeTheAnswer(t *testing.T) {
	const information = "HTTP/1.1 102 Processing\r\n\r\n" + "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nUpgrade: none\r\n\r\n"
	informs := func(conn net.Conn) {
		upgradeWith()(&prefixed{Conn: conn, prefix: information + information})
	}
	inMemory(t, informs, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server)
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 1 {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// prefixed is a transport that writes something else first.
type prefixed struct {
	net.Conn
	prefix string
}

func (p *prefixed) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.Conn, p.prefix); err != nil {
		return 0, err
	}
	p.prefix = ""
	return p.Conn.Write(b)
}

// A server declines the offers that are none, and takes the first that is one (RFC
// 7692, sections 5.1 and 7.1).
func TestOffersThatAreNone(t *testing.T) {
	events := wstest.NewRecorder()
	server := httptest.NewServer(actors.Accept(start(t), actors.WithHandler(events.Handler),
		actors.WithCompression(websocket.CompressionContextTakeover)))
	defer server.Close()
	const taken, clientToo = "permessage-deflate", "permessage-deflate; client_no_context_takeover"
	for offer, want := range map[string]string{
		"":                   "",
		"permessage-deflate": taken,
		"permessage-deflate; client_max_window_bits":                                       taken,
		"permessage-deflate; client_max_window_bits=8":                                     taken,
		"permessage-deflate; client_max_window_bits=\"15\"":                                taken,
		"permessage-deflate; server_max_window_bits=15":                                    taken,
		"permessage-deflate; server_max_window_bits=10":                                    "", // more than there is
		"permessage-deflate; client_no_context_takeover":                                   clientToo,
		"permessage-deflate; client_max_window_bits=7":                                     "",
		"permessage-deflate; client_max_window_bits=16":                                    "",
		"permessage-deflate; client_max_window_bits=99":                                    "",
		"permessage-deflate; client_max_window_bits=abc":                                   "",
		"permessage-deflate; client_max_window_bits=":                                      "",
		"permessage-deflate; server_max_window_bits":                                       "",
		"permessage-deflate; server_max_window_bits=99":                                    "",
		"permessage-deflate; client_no_context_takeover=1":                                 "",
		"permessage-deflate; client_max_window_bits; client_max_window_bits":               "",
		"permessage-deflate; client_no_context_takeover; client_no_context_takeover":       "",
		"permessage-deflate; server_max_window_bits=15; server_max_window_bits=15":         "",
		"permessage-deflate; other":                                                        "",
		"permessage-deflate; client_max_window_bits=99, permessage-deflate":                taken,
		"other, permessage-deflate":                                                        taken,
		"permessage-deflate; other, permessage-deflate; client_no_context_takeover, other": clientToo,
	} {
		if got := answerTo(t, server, offer).Header.Get("Sec-WebSocket-Extensions"); got != want {
			t.Errorf("%q: got %q, want %q", offer, got, want)
		}
	}
}

func answerTo(t *testing.T, server *httptest.Server, offer string) *http.Response {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Extensions": {offer},
	}
	response, err := server.Client().Transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("%q: HTTP %d", offer, response.StatusCode)
	}
	return response
}
