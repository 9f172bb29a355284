package wire

import (
	"crypto/rand"
	"encoding/binary"
)

// AppendFrame appends a frame (RFC 6455, section 5.2).
func AppendFrame(b []byte, op Opcode, payload []byte, masked bool) []byte {
	b, key := AppendHeader(b, op, len(payload), masked)
	b = append(b, payload...)
	if masked {
		written := b[len(b)-len(payload):]
		Mask(written, written, key[:])
	}
	return b
}

// AppendHeader appends the header of a frame with so many bytes of payload, and returns the
// key that masks those. It is unpredictable (section 5.3).
func AppendHeader(b []byte, op Opcode, size int, masked bool) (_ []byte, key [KeySize]byte) {
	b = append(b, finBit|byte(op))
	second := len(b)
	switch {
	case size < 126:
		b = append(b, byte(size))
	case size <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
	}
	if masked {
		b[second] |= maskBit
		_, _ = rand.Read(key[:]) // never fails
		b = append(b, key[:]...)
	}
	return b, key
}
