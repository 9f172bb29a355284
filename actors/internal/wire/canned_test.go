package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// canned is a connection with all there will ever be to read, and what upgrades to
// WebSocket on it: as the http.Client's transport, or as the server's response.
type canned struct {
	net.Conn
	reader  *bytes.Reader
	written bytes.Buffer
}

func (c *canned) Read(p []byte) (int, error) {
	if n, err := c.reader.Read(p); err != io.EOF {
		return n, err
	}
	return 0, errCutShort
}

func (c *canned) Write(p []byte) (int, error) { return c.written.Write(p) }
func (c *canned) Close() error                { return nil }
func (c *canned) SetDeadline(time.Time) error { return nil }

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: c, Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Accept": {base64.StdEncoding.EncodeToString(sum[:])},
	}}, nil
}

// Header and what follows it are what makes it a server's response.
func (c *canned) Header() http.Header { return http.Header{} }
func (c *canned) WriteHeader(int)     {}
func (c *canned) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return c, bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c)), nil
}

// open returns coder/websocket's end, with its handshake behind it.
func (c *canned) open(t testing.TB, server bool) *websocket.Conn {
	dial := c.client
	if server {
		dial = c.server
	}
	ws := dial(t)
	ws.SetReadLimit(-1)
	c.written.Reset()
	return ws
}

func (c *canned) client(t testing.TB) *websocket.Conn {
	ws, _, err := websocket.Dial(context.Background(), "ws://x", &websocket.DialOptions{HTTPClient: &http.Client{Transport: c}})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func (c *canned) server(t testing.TB) *websocket.Conn {
	r := &http.Request{Method: http.MethodGet, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}}
	ws, err := websocket.Accept(c, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}
