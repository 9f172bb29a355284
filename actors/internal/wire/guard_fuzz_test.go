package wire

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// FuzzGuard holds the guard to three things: in what pieces bytes come makes no
// difference; what it passes on coder/websocket takes, and has nothing to say to but
// pongs; and the messages are text where they say so, and within the limit.
func FuzzGuard(f *testing.F) {
	const limit = 300
	frame := func(head byte, payload string, masked bool) string {
		b := AppendFrame(nil, 0, []byte(payload), masked)
		b[0] = head
		return string(b)
	}
	for _, masked := range []bool{false, true} {
		for _, seed := range []string{
			frame(0x81, "é", masked), frame(0x82, strings.Repeat("x", limit), masked), frame(0x82, strings.Repeat("x", limit+1), masked),
			frame(0x01, "a\xc3", masked) + frame(0x89, "ping", masked) + frame(0x80, "\xa9", masked),
			frame(0x01, "a", masked) + frame(0x00, "", masked) + frame(0x88, "\x03\xe8bye", masked),
			frame(0x81, "\xf4\x90", masked), frame(0x88, "\x03\xed", masked), frame(0x88, "\x03\xe8\xff", masked), frame(0x88, "", masked),
			frame(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00", masked), frame(0x8a, "pong", masked) + frame(0x83, "", masked),
			frame(0x80, "", masked), frame(0x01, "", masked) + frame(0x81, "", masked), frame(0x09, "", masked), frame(0xb1, "", masked),
			"0\xff\x80\x30\x30\x30\x30\x30\x30\x30", "\x82\x7e\x00\x05hello", "\x82\xfe\x00\x05....hello", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", "\x82\x7f\x00\x01\x00\x00\x00\x00\x00\x00",
		} {
			f.Add([]byte(seed), masked, false, uint8(1))
			f.Add([]byte(seed), masked, true, uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, wire []byte, masks, deflates bool, size uint8) {
		agreed := Rules{Limit: limit, Masked: masks, Deflate: deflates}
		passed, verdict := sifted(agreed, wire, len(wire)+1)
		inPieces, again := sifted(agreed, wire, int(size)+1)
		if (verdict == nil) != (again == nil) || verdict != nil && verdict.Error() != again.Error() {
			t.Fatalf("%v as a whole, %v in pieces of %d", verdict, again, size)
		}
		judged(t, agreed, passed)
		judged(t, agreed, inPieces)
	})
}

// sifted is what a guard passes on, and why no more.
func sifted(r Rules, wire []byte, size int) (passed []byte, err error) {
	g := &Guard{Rules: r}
	wire = bytes.Clone(wire)
	for len(wire) > 0 && err == nil {
		var n int
		piece := wire[:min(size, len(wire))]
		n, err = g.Sift(piece, nil)
		passed = append(passed, piece[:n]...)
		wire = wire[len(piece):]
	}
	return passed, err
}

// judged has coder/websocket read to the end, which takes what is compressed for what is
// not.
func judged(t *testing.T, r Rules, wire []byte) {
	conn := &canned{reader: bytes.NewReader(wire)}
	ws := conn.open(t, r.Masked)
	defer ws.CloseNow()
	for {
		kind, data, err := ws.Read(context.Background())
		if err != nil {
			if !errors.Is(err, errCutShort) {
				t.Fatalf("coder/websocket refuses %x: %v", wire, err)
			}
			break
		}
		if !r.Deflate && (kind == websocket.MessageText && !utf8.Valid(data) || len(data) > 300) {
			t.Fatalf("message of type %v and %d bytes: %x", kind, len(data), data)
		}
	}
	for b := conn.written.Bytes(); len(b) > 0; {
		f, ok := ParseHeader(b)
		if !ok || f.Opcode != OpcodePong {
			t.Fatalf("coder/websocket answers %x to %x", b, wire)
		}
		b = b[f.FrameSize():]
	}
}
