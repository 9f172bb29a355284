package transport

import (
	"bytes"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

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
		in := &frameBuffer{}
		in.prepend(test.bytes)
		_, data, _ := in.takeMessage(&wire.Rules{Masked: test.masked, Limit: 4})
		if string(data) != test.want {
			t.Errorf("%s: got %q, want %q", name, data, test.want)
		}
		if left := in.rest(); test.want == "" && !bytes.Equal(left, test.bytes) {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

// BenchmarkTakeMessage is the reader's share of a small message.
func BenchmarkTakeMessage(b *testing.B) {
	frame := append([]byte{0x82, 0x80 | 64, 1, 2, 3, 4}, make([]byte, 64)...)
	batch := bytes.Repeat(frame, 100)
	in, rules := &frameBuffer{}, &wire.Rules{Masked: true, Limit: 1 << 20}
	b.SetBytes(64)
	b.ReportAllocs()
	for range b.N {
		kind, _, _ := in.takeMessage(rules)
		if kind == wire.OpcodeBinary {
			continue
		}
		in.prepend(batch)
	}
}
