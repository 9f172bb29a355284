package actors

import (
	"encoding/binary"
	"math"
)

// frame is what the header of a frame says (RFC 6455, section 5.2).
type frame struct {
	fin      bool
	whole    bool // it is the whole of a message, or a control frame
	plain    bool // it holds text or binary data that are not compressed, and is proper
	proper   bool // its length is in its shortest form, and has 63 bits
	masked   bool
	reserved byte // bits
	opcode   opcode
	header   uint8 // bytes
	payload  int64 // bytes
}

const (
	finBit        = 0x80
	reservedBits  = 0x70
	compressedBit = 0x40 // RFC 7692, section 6
	opcodeBits    = 0x0f
	maskBit       = 0x80
	lengthBits    = 0x7f
)

// size is that of the whole frame, or more than there can be.
func (f *frame) size() int64 {
	if f.payload > math.MaxInt64-maxHeader {
		return math.MaxInt64
	}
	return int64(f.header) + f.payload
}

const maxHeader = 14

func (f *frame) control() bool    { return f.opcode&0x8 != 0 }
func (f *frame) begins() bool     { return f.opcode == opcodeText || f.opcode == opcodeBinary }
func (f *frame) compressed() bool { return f.reserved == compressedBit }

// known reports whether the opcode has a meaning.
func (f *frame) known() bool {
	return f.opcode <= opcodeBinary || f.opcode >= opcodeClose && f.opcode <= opcodePong
}

// parseFrame returns the header at the beginning of b, if it is there.
func parseFrame(b []byte) (f frame, ok bool) {
	f, ok = parseHead(b)
	return f, ok && len(b) >= int(f.header)
}

// parseHead returns what the header at the beginning of b says, but for the key that
// masks the payload, if it is there.
func parseHead(b []byte) (f frame, ok bool) {
	if len(b) < 2 {
		return f, false
	}
	extended := extendedLength(b[1] & lengthBits)
	f.header = 2 + extended
	if len(b) < int(f.header) {
		return f, false
	}
	if f.masked = b[1]&maskBit != 0; f.masked {
		f.header += maskSize
	}
	f.fin, f.reserved, f.opcode = b[0]&finBit != 0, b[0]&reservedBits, opcode(b[0]&opcodeBits)
	f.setLength(b, extended)
	f.whole = f.fin && f.opcode != opcodeContinuation
	f.plain = f.reserved == 0 && f.begins() && f.proper
	return f, true
}

func (f *frame) setLength(b []byte, extended uint8) {
	switch extended {
	case 2:
		f.payload = int64(binary.BigEndian.Uint16(b[2:]))
		f.proper = f.payload > lengthBits-2
	case 8:
		// What has 64 bits is cut: it is refused by its header.
		size := binary.BigEndian.Uint64(b[2:])
		f.payload = int64(min(size, math.MaxInt64))
		f.proper = size > math.MaxUint16 && size <= math.MaxInt64
	default:
		f.payload, f.proper = int64(b[1]&lengthBits), true
	}
}

// extendedLength returns the bytes of an extended payload length.
func extendedLength(length byte) uint8 {
	switch length {
	case 126:
		return 2
	case 127:
		return 8
	default:
		return 0
	}
}
