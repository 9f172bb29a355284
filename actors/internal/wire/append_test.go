package wire

import (
	"bytes"
	"strconv"
	"testing"
)

// What appendFrame writes is a frame in its shortest form, of every kind of length.
func TestAppendFrame(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 0xffff, 0x10000} {
		for _, masked := range []bool{false, true} {
			payload := bytes.Repeat([]byte{0xa5}, size)
			b := AppendFrame([]byte("before"), OpcodeBinary, payload, masked)[len("before"):]
			f, ok := ParseHeader(b)
			if !ok || !f.Plain || !f.Whole || f.Masked != masked || f.Opcode != OpcodeBinary || f.FrameSize() != int64(len(b)) {
				t.Fatalf("%d bytes, masked %v: %+v, %d bytes in all", size, masked, f, len(b))
			}
			data := b[f.Size:]
			if masked {
				Mask(data, data, b[f.Size-KeySize:f.Size])
			}
			if !bytes.Equal(data, payload) {
				t.Errorf("%d bytes, masked %v: the payload is another", size, masked)
			}
		}
	}
}

// The key is another for each frame.
func TestMaskingKeys(t *testing.T) {
	keys := make(map[string]bool)
	for range 100 {
		keys[string(AppendFrame(nil, OpcodeText, nil, true)[2:])] = true
	}
	if len(keys) < 99 {
		t.Errorf("%d keys in 100 frames", len(keys))
	}
}

// BenchmarkAppendFrame is a client's share of a small message, and a server's.
func BenchmarkAppendFrame(b *testing.B) {
	payload := make([]byte, 64)
	for _, masked := range []bool{false, true} {
		b.Run("masked="+strconv.FormatBool(masked), func(b *testing.B) {
			var frame []byte
			for b.Loop() {
				frame = AppendFrame(frame[:0], OpcodeBinary, payload, masked)
			}
		})
	}
}
