package ws

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// hijacker is the response that coder/websocket accepts a request with. It puts a
// socket of ours below, and writes the answer there: a middleware may note what is
// written to its response and pass it on when the handler has returned, or never.
type hijacker struct {
	response http.ResponseWriter
	socket   transport.Options
	sock     *transport.Socket
	header   http.Header // of the handshake
	status   int
	reason   []byte // why not
	begin    func() // called before the answer is written
	failure  *HijackError
	reader   *bufio.Reader // coder/websocket's
	body     *detachable   // what it reads and writes
}

// HijackError says that a response does not let its connection be taken over.
type HijackError struct {
	Err   error
	Taken bool // by somebody else: it can take no answer any more
}

// Error implements error.
func (e *HijackError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *HijackError) Unwrap() error { return e.Err }

// hijackedBuffer is the size of coder/websocket's buffers. The server's own are
// 4 KiB each and would stay for the life of the connection; gathering small reads
// and writes is what the socket does, while there is something to gather. (A
// prototype of 22.8 KB took 14.4 KB with both.) Where it
// cannot read ahead, under TLS, a little is needed for the headers of frames.
const (
	hijackedBuffer = 16 // bufio's smallest
	secureBuffer   = 512
)

// CanHijack reports whether a response can be upgraded, through whatever wraps it.
func CanHijack(w http.ResponseWriter) bool {
	for {
		switch wrapper := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = wrapper.Unwrap()
		default:
			return false
		}
	}
}

// Innermost is the response below all that wraps it.
func Innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}

// Header implements http.ResponseWriter.
func (h *hijacker) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *hijacker) WriteHeader(status int) { h.status = status }

// Write implements http.ResponseWriter, for what is no upgrade.
func (h *hijacker) Write(p []byte) (int, error) {
	h.reason = append(h.reason, p...)
	return len(p), nil
}

// refusal is why a request was not upgraded. An error of coder/websocket's is that of a
// response that it has written.
func (h *hijacker) refusal(err error) error {
	switch {
	case h.failure != nil:
		return h.failure
	case h.sock != nil:
		return err
	default:
		return &RefusedError{Status: h.status, Reason: string(bytes.TrimSpace(h.reason))}
	}
}

// Hijack implements http.Hijacker. Bytes that the server has read ahead are the
// beginning of what the connection reads.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := takeOver(h.response)
	if err != nil {
		h.failure = &HijackError{Err: err, Taken: errors.Is(err, http.ErrHijacked)}
		return nil, nil, err
	}
	if _, secure := conn.(*tls.Conn); !secure {
		conn = transportOf(conn, "http.Hijacker")
	}
	_ = conn.SetDeadline(time.Time{})      // the server's
	h.sock = transport.New(conn, h.socket) // above TLS, if there is any
	ahead, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err == nil {
		err = rw.Writer.Flush()
	}
	if err == nil {
		h.begin() // first: who is answered is counted
		_, err = h.sock.Write(h.answer())
	}
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	agree(h.sock, h.Header(), true)
	h.sock.Prepend(ahead)
	size := hijackedBuffer
	if !h.sock.Frames() {
		h.sock.Guard()
		size = secureBuffer
	}
	h.reader = bufio.NewReaderSize(h.sock, size)
	h.body = &detachable{Conn: h.sock}
	return h.body, bufio.NewReadWriter(h.reader, bufio.NewWriterSize(h.sock, hijackedBuffer)), nil
}

// detachable is a connection that coder/websocket may be made to leave alone.
type detachable struct {
	net.Conn
	detached bool
}

// Detach has Close do nothing.
func (d *detachable) Detach() { d.detached = true }

// Close implements net.Conn.
func (d *detachable) Close() error {
	if d.detached {
		return nil
	}
	return d.Conn.Close()
}

// takeOver hijacks. Some wrappers say that they can, and panic if what they wrap
// cannot.
func takeOver(w http.ResponseWriter) (conn net.Conn, rw *bufio.ReadWriter, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: %v", http.ErrNotSupported, reason)
		}
	}()
	return http.NewResponseController(w).Hijack()
}

// answer is the head of the response: what the handshake says, and what was set
// before that is none of its business.
func (h *hijacker) answer() []byte {
	for name, values := range h.response.Header() {
		if name = textproto.CanonicalMIMEHeaderKey(name); !ofHandshake(name) {
			h.header[name] = append(h.header[name], values...)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", h.status, http.StatusText(h.status))
	_ = h.header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

// ofHandshake reports whether a header is for the handshake alone to set, or is of
// a body, which it has not (RFC 9110, section 8.6).
func ofHandshake(name string) bool {
	switch name {
	case "Connection", "Upgrade", "Transfer-Encoding", "Trailer", "Content-Length", "Content-Encoding", "Content-Type":
		return true
	}
	return strings.HasPrefix(name, "Sec-Websocket-")
}
