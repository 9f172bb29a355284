package actors

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
)

// hijacker puts a socket of ours below what coder/websocket accepts.
type hijacker struct {
	http.ResponseWriter
	conn   *Conn
	sock   *socket
	status int // as written
}

// hijackedBuffer is the size of coder/websocket's buffers. The server's own are
// 4 KiB each and would stay for the life of the connection; gathering small reads
// and writes is what the socket does, while there is something to gather. (A
// prototype of 22.8 KB took 14.4 KB with both.) Where it
// cannot read ahead, under TLS, a little is needed for the headers of frames.
const (
	hijackedBuffer = 16 // bufio's smallest
	secureBuffer   = 512
)

// canHijack reports whether a response can be upgraded, through whatever wraps it.
func canHijack(w http.ResponseWriter) bool {
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

// Hijack implements http.Hijacker. Bytes that the server has read ahead are the
// beginning of what the connection reads.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.sock = newSocket(conn, h.conn, false) // above TLS, if there is any
	ahead, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	if h.sock.frames() {
		h.sock.intake.prepend(ahead)
		return h.sock, bufio.NewReadWriter(
			bufio.NewReaderSize(h.sock, hijackedBuffer), bufio.NewWriterSize(h.sock, hijackedBuffer)), nil
	}
	ahead = bytes.Clone(ahead)
	reader := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(ahead), h.sock), max(secureBuffer, len(ahead)))
	if _, err := reader.Peek(len(ahead)); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return h.sock, bufio.NewReadWriter(reader, bufio.NewWriterSize(h.sock, hijackedBuffer)), nil
}

// WriteHeader implements http.ResponseWriter.
func (h *hijacker) WriteHeader(status int) {
	h.status = status
	h.ResponseWriter.WriteHeader(status)
}

// WriteHeaderNow passes on what coder/websocket asks gin's writer for.
func (h *hijacker) WriteHeaderNow() {
	if w, ok := h.ResponseWriter.(interface{ WriteHeaderNow() }); ok {
		w.WriteHeaderNow()
	}
}
