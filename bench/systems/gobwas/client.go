package main

import (
	"bufio"
	"context"
	"io"
	"net"

	"github.com/gobwas/ws"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
	"github.com/sockvisor/sockvisor/bench/systems/system"
)

// dial returns what to read from, too: frames may have come with the handshake.
func dial(p system.Plan) (net.Conn, io.Reader, error) {
	conn, early, _, err := (ws.Dialer{TLSConfig: selfsigned.Client()}).Dial(context.Background(), p.URL)
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
		if out, err = appendMasked(out[:0], ws.OpBinary, message); err == nil {
			_, err = conn.Write(out)
		}
	}
	return err
}

func appendMasked(b []byte, code ws.OpCode, payload []byte) ([]byte, error) {
	w := writer{b}
	header := ws.Header{Fin: true, OpCode: code, Length: int64(len(payload)), Masked: true, Mask: ws.NewMask()}
	if err := ws.WriteHeader(&w, header); err != nil {
		return b, err
	}
	begins := len(w.bytes)
	w.bytes = append(w.bytes, payload...)
	ws.Cipher(w.bytes[begins:], header.Mask, 0)
	return w.bytes, nil
}

// idle answers what comes, as all do.
func idle(p system.Plan) error {
	return system.OpenAll(p.N, func() error {
		conn, in, err := dial(p)
		if err == nil {
			go echoMasked(conn, in)
		}
		return err
	})
}

func echoMasked(conn net.Conn, in io.Reader) {
	defer conn.Close()
	var buffer, out []byte
	for {
		header, message, err := read(in, buffer)
		if err != nil || header.OpCode == ws.OpClose {
			return
		}
		buffer = message
		if header.OpCode == ws.OpPong {
			continue
		}
		if out, err = appendMasked(out[:0], answer(header).OpCode, message); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// churn makes the closing handshake by hand.
func churn(p system.Plan) error {
	body := ws.NewCloseFrameBody(ws.StatusNormalClosure, "")
	return system.Churn(p.N, func() error {
		conn, in, err := dial(p)
		if err != nil {
			return err
		}
		defer conn.Close()
		bye, err := appendMasked(nil, ws.OpClose, body)
		if err != nil {
			return err
		}
		if _, err := conn.Write(bye); err != nil {
			return err
		}
		_, _, err = read(in, nil)
		return err
	})
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
		if out, err = appendMasked(out[:0], ws.OpBinary, system.Answer(buffer)); err != nil {
			return err
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
	}
}
