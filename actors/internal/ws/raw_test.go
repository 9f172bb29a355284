package ws

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455, section 4.2.2
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
)

// raw starts a server that answers every request with what f returns, and then closes.
func raw(t *testing.T, f func(r *http.Request) string) string {
	t.Helper()
	return "ws://" + proxytest.Serve(t, func(conn net.Conn) {
		defer conn.Close()
		rest := bufio.NewReader(conn)
		r, err := http.ReadRequest(rest)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, f(r))
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, rest)
	}) + "/"
}

// upgraded is the answer to a request, with more headers.
func upgraded(r *http.Request, more ...string) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	head := []string{
		"HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]),
	}
	return strings.Join(append(head, more...), "\r\n") + "\r\n\r\n"
}

// answer is one of HTTP.
func answer(status int, header, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n%s\r\n%s", status, http.StatusText(status), len(body), header, body)
}
