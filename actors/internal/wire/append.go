package wire

import (
	"crypto/rand"
	"encoding/binary"
)

// AppendFrame appends a frame (RFC 6455, section 5.2). The key that masks it is
// unpredictable (section 5.3).
func AppendFrame(b []byte, op Opcode, payload []byte, masked bool) []byte {
	b = append(b, finBit|byte(op))
	second := len(b)
	switch size := len(payload); {
	case size < 126:
		b = append(b, byte(size))
	case size <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
	}
	if !masked {
		return append(b, payload...)
	}
	b[second] |= maskBit
	var key [KeySize]byte
	_, _ = rand.Read(key[:]) // never fails
	b = append(append(b, key[:]...), payload...)
	written := b[len(b)-len(payload):]
	Mask(written, written, key[:])
	return b
}
