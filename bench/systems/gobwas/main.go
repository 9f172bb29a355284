// Gobwas is gobwas/ws: a goroutine a connection that reads frames straight from
// the socket, with no buffer but a reused one for the payload.
package main

import (
	"io"
	"net"
	"net/http"

	"github.com/gobwas/ws"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

func main() {
	system.Main(map[string]system.Role{"serve": serve, "send": send, "receive": receive})
}

func serve(system.Plan) error {
	return system.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		go echo(conn)
	}))
}

func echo(conn net.Conn) {
	defer conn.Close()
	var header ws.Header
	var in, out []byte
	var err error
	for {
		if header, in, err = read(conn, in); err != nil || header.OpCode == ws.OpClose {
			return
		}
		switch header.OpCode {
		case ws.OpPing:
			header.OpCode = ws.OpPong
		case ws.OpPong:
			continue
		}
		if out, err = appendFrame(out[:0], header, in); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
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

// appendFrame makes a server's frame, to be written in one system call.
func appendFrame(b []byte, header ws.Header, payload []byte) ([]byte, error) {
	w := writer{b}
	header.Masked, header.Mask = false, [4]byte{}
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
