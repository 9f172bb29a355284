package actors

import (
	"math"
	"testing"
)

func TestParseFrame(t *testing.T) {
	for name, test := range map[string]struct {
		bytes []byte
		want  frame
	}{
		"empty text":      {[]byte{0x81, 0}, frame{fin: true, whole: true, plain: true, proper: true, opcode: 1, header: 2}},
		"short":           {[]byte{0x82, 125}, frame{fin: true, whole: true, plain: true, proper: true, opcode: 2, header: 2, payload: 125}},
		"16 bits":         {[]byte{0x82, 126, 1, 0}, frame{fin: true, whole: true, plain: true, proper: true, opcode: 2, header: 4, payload: 256}},
		"64 bits":         {[]byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, frame{fin: true, whole: true, plain: true, proper: true, opcode: 2, header: 10, payload: 1 << 16}},
		"2 to the 48th":   {[]byte{0x82, 127, 0, 1, 0, 0, 0, 0, 0, 0}, frame{fin: true, whole: true, plain: true, proper: true, opcode: 2, header: 10, payload: 1 << 48}},
		"64 bits of it":   {[]byte{0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0}, frame{fin: true, whole: true, opcode: 2, header: 10, payload: math.MaxInt64}},
		"longer 16 bits":  {[]byte{0x82, 126, 0, 125}, frame{fin: true, whole: true, opcode: 2, header: 4, payload: 125}},
		"longer 64 bits":  {[]byte{0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255}, frame{fin: true, whole: true, opcode: 2, header: 10, payload: 0xffff}},
		"masked":          {[]byte{0x81, 0x83, 1, 2, 3, 4}, frame{fin: true, whole: true, plain: true, proper: true, masked: true, opcode: 1, header: 6, payload: 3}},
		"first fragment":  {[]byte{0x01, 1}, frame{plain: true, proper: true, opcode: 1, header: 2, payload: 1}},
		"last fragment":   {[]byte{0x80, 1}, frame{fin: true, proper: true, opcode: 0, header: 2, payload: 1}},
		"compressed":      {[]byte{0xc1, 1}, frame{reserved: 0x40, fin: true, whole: true, proper: true, opcode: 1, header: 2, payload: 1}},
		"ping":            {[]byte{0x89, 1}, frame{fin: true, whole: true, proper: true, opcode: 9, header: 2, payload: 1}},
		"reserved opcode": {[]byte{0x83, 1}, frame{fin: true, whole: true, proper: true, opcode: 3, header: 2, payload: 1}},
	} {
		for short := range len(test.bytes) {
			if _, ok := parseFrame(test.bytes[:short]); ok {
				t.Errorf("%s: %d of %d bytes are a header", name, short, len(test.bytes))
			}
		}
		if got, ok := parseFrame(test.bytes); !ok || got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
