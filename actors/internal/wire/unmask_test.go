package wire

import (
	"bytes"
	"errors"
	"strconv"
	"testing"
)

// A payload that is unmasked where it is, in pieces, is the same, and is judged as Check
// judges it.
func TestUnmask(t *testing.T) {
	for _, masked := range []bool{false, true} {
		for _, test := range []struct {
			payload string
			bad     bool
		}{{"", false}, {"text", false}, {"é and more é", false}, {"bad \xff text", true}, {"cut \xc3", true}} {
			for piece := 1; piece < 8; piece++ {
				g := &Guard{Rules: Rules{Limit: 100, Masked: masked}}
				frame := AppendFrame(nil, OpcodeText, []byte(test.payload), masked)
				f, _ := ParseHeader(frame)
				_, err := g.Check(frame[:f.Size])
				payload := frame[f.Size:]
				for rest := payload; err == nil && len(rest) > 0; {
					n := min(piece, len(rest))
					err = g.Unmask(rest[:n])
					rest = rest[n:]
				}
				var v *Violation
				if test.bad != errors.As(err, &v) || !test.bad && (string(payload) != test.payload || !g.Idle()) {
					t.Errorf("%q masked %t by %d: %q, %v, idle %t", test.payload, masked, piece, payload, err, g.Idle())
				}
			}
		}
	}
}

// After what was refused in the middle of a frame, the peer's close frame is seen.
func TestAfterUnmask(t *testing.T) {
	frame := AppendFrame(nil, OpcodeText, []byte("bad \xff text"), true)
	rest := AppendFrame(frame, OpcodeClose, nil, true)
	g := &Guard{Rules: Rules{Limit: 100, Masked: true}}
	f, _ := ParseHeader(frame)
	if _, err := g.Check(rest[:f.Size]); err != nil {
		t.Fatal(err)
	}
	if err := g.Unmask(rest[f.Size : f.Size+6]); err == nil {
		t.Fatal("it is not refused")
	}
	if g.After(rest[f.Size+6:]); !g.SawClose() {
		t.Error("the close frame is not seen")
	}
}

// A key that was turned goes on where it was.
func TestTurned(t *testing.T) {
	key := [KeySize]byte{1, 2, 3, 4}
	for n := range 9 {
		whole, parts := make([]byte, 16), make([]byte, 16)
		Mask(whole, whole, key[:])
		Mask(parts[:n], parts[:n], key[:])
		turned := Turned(key, n)
		if Mask(parts[n:], parts[n:], turned[:]); !bytes.Equal(whole, parts) {
			t.Error(strconv.Itoa(n) + ": another key")
		}
	}
}
