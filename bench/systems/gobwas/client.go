package main

import (
	"bufio"
	"context"
	"io"
	"net"

	"github.com/gobwas/ws"

	"github.com/sockvisor/sockvisor/bench/systems/system"
)

// dial returns what to read from, too: frames may have come with the handshake.
func dial(p system.Plan) (net.Conn, io.Reader, error) {
	conn, early, _, err := ws.Dial(context.Background(), p.URL)
	if err != nil || early == nil {
		return conn, conn, err
	}
	return conn, io.MultiReader(io.LimitReader(early, int64(early.Buffered())), conn), nil
}

// send masks a copy, as a client must, which is then written with its header.
func send(p system.Plan) error {
	conn, in, err := dial(p)
	if err != nil {
		return err
	}
	go io.Copy(io.Discard, in)
	var out []byte
	for message := make([]byte, p.Size); err == nil; {
		if out, err = appendMasked(out[:0], message); err == nil {
			_, err = conn.Write(out)
		}
	}
	return err
}

func appendMasked(b []byte, payload []byte) ([]byte, error) {
	w := writer{b}
	header := ws.Header{Fin: true, OpCode: ws.OpBinary, Length: int64(len(payload)), Masked: true, Mask: ws.NewMask()}
	if err := ws.WriteHeader(&w, header); err != nil {
		return b, err
	}
	begins := len(w.bytes)
	w.bytes = append(w.bytes, payload...)
	ws.Cipher(w.bytes[begins:], header.Mask, 0)
	return w.bytes, nil
}

// receive answers every N messages with one. It reads through a buffer, as all do.
func receive(p system.Plan) error {
	conn, in, err := dial(p)
	if err != nil {
		return err
	}
	buffered := bufio.NewReader(in)
	var buffer, out []byte
	for {
		for range p.N {
			if _, buffer, err = read(buffered, buffer); err != nil {
				return err
			}
		}
		if out, err = appendMasked(out[:0], system.Answer(buffer)); err != nil {
			return err
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
	}
}
