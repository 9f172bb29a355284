package wire

import (
	"math"
	"testing"
)

func TestParseFrame(t *testing.T) {
	for name, test := range map[string]struct {
		bytes []byte
		want  Header
	}{
		"empty text":      {[]byte{0x81, 0}, Header{Fin: true, Whole: true, Plain: true, Minimal: true, Opcode: 1, Size: 2}},
		"short":           {[]byte{0x82, 125}, Header{Fin: true, Whole: true, Plain: true, Minimal: true, Opcode: 2, Size: 2, Payload: 125}},
		"16 bits":         {[]byte{0x82, 126, 1, 0}, Header{Fin: true, Whole: true, Plain: true, Minimal: true, Opcode: 2, Size: 4, Payload: 256}},
		"64 bits":         {[]byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, Header{Fin: true, Whole: true, Plain: true, Minimal: true, Opcode: 2, Size: 10, Payload: 1 << 16}},
		"2 to the 48th":   {[]byte{0x82, 127, 0, 1, 0, 0, 0, 0, 0, 0}, Header{Fin: true, Whole: true, Plain: true, Minimal: true, Opcode: 2, Size: 10, Payload: 1 << 48}},
		"64 bits of it":   {[]byte{0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0}, Header{Fin: true, Whole: true, Opcode: 2, Size: 10, Payload: math.MaxInt64}},
		"longer 16 bits":  {[]byte{0x82, 126, 0, 125}, Header{Fin: true, Whole: true, Opcode: 2, Size: 4, Payload: 125}},
		"longer 64 bits":  {[]byte{0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255}, Header{Fin: true, Whole: true, Opcode: 2, Size: 10, Payload: 0xffff}},
		"masked":          {[]byte{0x81, 0x83, 1, 2, 3, 4}, Header{Fin: true, Whole: true, Plain: true, Minimal: true, Masked: true, Opcode: 1, Size: 6, Payload: 3}},
		"first fragment":  {[]byte{0x01, 1}, Header{Plain: true, Minimal: true, Opcode: 1, Size: 2, Payload: 1}},
		"last fragment":   {[]byte{0x80, 1}, Header{Fin: true, Minimal: true, Opcode: 0, Size: 2, Payload: 1}},
		"compressed":      {[]byte{0xc1, 1}, Header{Reserved: 0x40, Fin: true, Whole: true, Minimal: true, Opcode: 1, Size: 2, Payload: 1}},
		"ping":            {[]byte{0x89, 1}, Header{Fin: true, Whole: true, Minimal: true, Opcode: 9, Size: 2, Payload: 1}},
		"reserved opcode": {[]byte{0x83, 1}, Header{Fin: true, Whole: true, Minimal: true, Opcode: 3, Size: 2, Payload: 1}},
	} {
		for short := range len(test.bytes) {
			if _, ok := ParseHeader(test.bytes[:short]); ok {
				t.Errorf("%s: %d of %d bytes are a header", name, short, len(test.bytes))
			}
		}
		if got, ok := ParseHeader(test.bytes); !ok || got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
