package actors

import (
	"bytes"
	"math"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
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

// Only the plainest messages are taken; all else is left where it is.
func TestTakeMessage(t *testing.T) {
	for name, test := range map[string]struct {
		bytes  []byte
		masked bool
		want   string
	}{
		"text":           {bytes: []byte("\x81\x02hi"), want: "hi"},
		"masked":         {bytes: []byte("\x81\x82\x00\x01\x02\x03h\x68"), masked: true, want: "hi"},
		"not masked":     {bytes: []byte("\x81\x02hi"), masked: true},
		"masked client":  {bytes: []byte("\x81\x82\x00\x00\x00\x00hi")},
		"incomplete":     {bytes: []byte("\x81\x03hi")},
		"over the limit": {bytes: []byte("\x81\x05hello")},
		"ping":           {bytes: []byte("\x89\x02hi")},
		"longer length":  {bytes: []byte("\x81\x7e\x00\x02hi")},
		"compressed":     {bytes: []byte("\xc1\x02hi")},
		"fragment":       {bytes: []byte("\x01\x02hi")},
	} {
		in := &intake{}
		in.prepend(test.bytes)
		_, data := in.takeMessage(&rules{masks: test.masked, limit: 4})
		if string(data) != test.want {
			t.Errorf("%s: got %q, want %q", name, data, test.want)
		}
		if left := in.rest(); test.want == "" && !bytes.Equal(left, test.bytes) {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

func TestUnmask(t *testing.T) {
	key := []byte{0x12, 0x34, 0x56, 0x78}
	for size := range 70 {
		src, want := make([]byte, size), make([]byte, size)
		for i := range src {
			src[i] = byte(i * 7)
			want[i] = src[i] ^ key[i%4]
		}
		got := make([]byte, size)
		if unmask(got, src, key); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x, want %x", size, got, want)
		}
	}
}

// BenchmarkTakeMessage is the reader's share of a small message.
func BenchmarkTakeMessage(b *testing.B) {
	frame := append([]byte{0x82, 0x80 | 64, 1, 2, 3, 4}, make([]byte, 64)...)
	batch := bytes.Repeat(frame, 100)
	in, rules := &intake{}, &rules{masks: true, limit: 1 << 20}
	b.SetBytes(64)
	b.ReportAllocs()
	for range b.N {
		kind, _ := in.takeMessage(rules)
		if kind == messages.TypeBinary {
			continue
		}
		in.prepend(batch)
	}
}
