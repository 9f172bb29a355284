package wire

import (
	"bytes"
	"strconv"
	"testing"
)

func TestMask(t *testing.T) {
	key := []byte{0x12, 0x34, 0x56, 0x78}
	for size := range 70 {
		src, want := make([]byte, size), make([]byte, size)
		for i := range src {
			src[i] = byte(i * 7)
			want[i] = src[i] ^ key[i%4]
		}
		got := make([]byte, size)
		if Mask(got, src, key); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x, want %x", size, got, want)
		}
	}
}

// BenchmarkMask is the share of a server in every message, and of a client.
func BenchmarkMask(b *testing.B) {
	key := []byte{0x12, 0x34, 0x56, 0x78}
	for _, size := range []int{16, 64, 64 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			data := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				Mask(data, data, key)
			}
		})
	}
}
