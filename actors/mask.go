package actors

import "encoding/binary"

const maskSize = 4

// unmask undoes the masking of src into dst (RFC 6455, section 5.3).
func unmask(dst, src, key []byte) {
	half := uint64(binary.LittleEndian.Uint32(key))
	word := half<<32 | half
	n := len(src) &^ 7
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:])^word)
	}
	for i := n; i < len(src); i++ {
		dst[i] = src[i] ^ key[i%maskSize]
	}
}
