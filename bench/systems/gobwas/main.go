// Gobwas is gobwas/ws: a goroutine a connection that reads frames straight from
// the socket, with no buffer but a reused one for the payload.
package main

import (
	"bufio"
	"io"
	"net"
	"net/http"

	"github.com/gobwas/ws"

	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/bench/systems/tuned"
)

func main() {
	system.Main(map[string]system.Role{
		"serve":   func(p system.Plan) error { return p.Serve(accept(echo)) },
		"tuned":   func(p system.Plan) error { return p.Serve(tuned.Handler(accept(echoTuned))) },
		"idle":    idle,
		"churn":   churn,
		"send":    send,
		"receive": receive,
	})
}

func accept(run func(net.Conn)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			run(conn)
		}()
	})
}

func echo(conn net.Conn) {
	var header ws.Header
	var in, out []byte
	var err error
	for {
		if header, in, err = read(conn, in); err != nil {
			return
		}
		if header.OpCode == ws.OpPong {
			continue
		}
		if out, err = appendFrame(out[:0], answer(header), in); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil || header.OpCode == ws.OpClose {
			return
		}
	}
}

// read reads a frame. Its payload is in a buffer that may be that of the one before.
func read(in io.Reader, buffer []byte) (ws.Header, []byte, error) {
	header, err := ws.ReadHeader(in)
	if err != nil {
		return header, buffer, err
	}
	if int64(cap(buffer)) < header.Length {
		buffer = make([]byte, header.Length)
	}
	buffer = buffer[:header.Length]
	if _, err := io.ReadFull(in, buffer); err != nil {
		return header, buffer, err
	}
	if header.Masked {
		ws.Cipher(buffer, header.Mask, 0)
	}
	return header, buffer, nil
}

// echoTuned reads through a buffer; the socket buffers what is written, so that nothing
// has to be put together first.
func echoTuned(conn net.Conn) {
	buffered := bufio.NewReaderSize(conn, tuned.Buffer)
	var header ws.Header
	var in []byte
	var err error
	for {
		if header, in, err = read(buffered, in); err != nil {
			return
		}
		if header.OpCode == ws.OpPong {
			continue
		}
		if err := ws.WriteHeader(conn, answer(header)); err != nil {
			return
		}
		if _, err := conn.Write(in); err != nil || header.OpCode == ws.OpClose {
			return
		}
	}
}

// answer is the header of a frame's echo, a close frame's too, or of a ping's pong.
func answer(header ws.Header) ws.Header {
	header.Masked, header.Mask = false, [4]byte{}
	if header.OpCode == ws.OpPing {
		header.OpCode = ws.OpPong
	}
	return header
}

// appendFrame makes a frame, to be written in one system call.
func appendFrame(b []byte, header ws.Header, payload []byte) ([]byte, error) {
	w := writer{b}
	if err := ws.WriteHeader(&w, header); err != nil {
		return b, err
	}
	return append(w.bytes, payload...), nil
}

type writer struct{ bytes []byte }

func (w *writer) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}
