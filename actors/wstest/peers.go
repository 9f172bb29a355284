package wstest

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // RFC 6455, section 4.2.2
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// HTTP is a peer that serves HTTP on its connection.
func HTTP(handler http.Handler) Peer {
	return func(conn net.Conn) {
		l := &single{conn: conn, closed: make(chan struct{})}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		_ = server.Serve(l)
	}
}

// WebSocket is a peer that upgrades as it should and then runs f.
func WebSocket(f func(*websocket.Conn)) Peer {
	return HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve101(w, r, f) }))
}

func serve101(w http.ResponseWriter, r *http.Request, f func(*websocket.Conn)) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, Subprotocols: []string{"wstest"},
		CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return
	}
	defer ws.CloseNow() //nolint:errcheck // it is over either way
	ws.SetReadLimit(-1)
	f(ws)
}

// Echo sends back what it gets.
var Echo = WebSocket(echo)

// ServeEcho is Echo as an HTTP handler, for those that look at the request first.
func ServeEcho(w http.ResponseWriter, r *http.Request) { serve101(w, r, echo) }

func echo(ws *websocket.Conn) {
	for {
		kind, data, err := ws.Read(context.Background())
		if err != nil {
			return
		}
		if ws.Write(context.Background(), kind, data) != nil {
			return
		}
	}
}

// CloseWith upgrades and closes at once, with a code and a reason.
func CloseWith(code websocket.StatusCode, reason string) Peer {
	return WebSocket(func(ws *websocket.Conn) { _ = ws.Close(code, reason) })
}

// Status answers the handshake with an HTTP status and headers.
func Status(status int, header http.Header) Peer {
	return HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		http.Error(w, http.StatusText(status), status)
	}))
}

// Garbage answers the handshake with what is no HTTP.
func Garbage(conn net.Conn) {
	_, _ = http.ReadRequest(bufio.NewReader(conn))
	_, _ = io.WriteString(conn, "220 smtp.example ready\r\n")
}

// Frozen takes the connection and never says anything.
func Frozen(conn net.Conn) { drain(conn) }

// Mute upgrades and then reads all and says nothing, not even a pong.
func Mute(conn net.Conn) {
	if _, err := Upgrade(conn); err == nil {
		drain(conn)
	}
}

// Deaf upgrades and then neither reads nor says anything until release is closed.
func Deaf(release <-chan struct{}) Peer {
	return func(conn net.Conn) {
		if _, err := Upgrade(conn); err == nil {
			<-release
		}
	}
}

// Drop upgrades and breaks the connection at once.
func Drop(conn net.Conn) { _, _ = Upgrade(conn) }

// Write upgrades, writes raw bytes, and breaks the connection: on TCP with a reset.
func Write(raw ...[]byte) Peer {
	return func(conn net.Conn) {
		if _, err := Upgrade(conn); err != nil {
			return
		}
		for _, b := range raw {
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
}

// Upgrade makes a server's handshake by hand (RFC 6455, section 4.2.2), for
// peers that then misbehave.
func Upgrade(conn net.Conn) (*bufio.Reader, error) {
	reader := bufio.NewReader(conn)
	request, err := http.ReadRequest(reader)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	return reader, err
}

// Frame is an unmasked frame, as servers send them (RFC 6455, section 5.2): head
// is its first byte, such as 0x81 for a whole text message.
func Frame(head byte, payload []byte) []byte {
	frame := []byte{head}
	switch size := len(payload); {
	case size < 126:
		frame = append(frame, byte(size))
	case size < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 126), uint16(size))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 127), uint64(size))
	}
	return append(frame, payload...)
}

func drain(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// single is a net.Listener of one connection: it ends when that is closed.
type single struct {
	conn   net.Conn
	taken  bool
	once   sync.Once
	closed chan struct{}
}

func (l *single) Accept() (net.Conn, error) {
	if !l.taken {
		l.taken = true
		return &singleConn{Conn: l.conn, listener: l}, nil
	}
	<-l.closed
	return nil, io.EOF
}

func (l *single) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *single) Addr() net.Addr { return l.conn.LocalAddr() }

type singleConn struct {
	net.Conn
	listener *single
}

func (c *singleConn) Close() error {
	_ = c.listener.Close()
	return c.Conn.Close()
}
