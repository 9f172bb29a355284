package wire

import "encoding/binary"

// KeySize is that of the key that masks a frame, which ends its header.
const KeySize = 4

// Mask masks src into dst, or undoes that: it is the same (RFC 6455, section 5.3).
func Mask(dst, src, key []byte) {
	half := uint64(binary.LittleEndian.Uint32(key))
	word := half<<32 | half
	n := len(src) &^ 7
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:])^word)
	}
	for i := n; i < len(src); i++ {
		dst[i] = src[i] ^ key[i%KeySize]
	}
}

// Turned returns the key for what comes n bytes later.
func Turned(key [KeySize]byte, n int) (turned [KeySize]byte) {
	for i := range key {
		turned[i] = key[(i+n)%KeySize]
	}
	return turned
}
