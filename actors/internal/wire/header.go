// Package wire is frames of WebSocket as bytes: what the header of one says, how one is
// written and masked, what control frames carry, and whether what a peer sends is by the
// rules (RFC 6455, and RFC 7692 as far as it concerns frames).
//
// Bytes in, frames out: it does no I/O, has no clock, starts no goroutine, and imports
// the standard library alone. It must not know of sockets, actors or options. Nothing in
// it may be called from two goroutines at once.
package wire

import (
	"encoding/binary"
	"math"
)

// Header is what the header of a frame says (RFC 6455, section 5.2).
type Header struct {
	Fin      bool
	Whole    bool // it is the whole of a message, or a control frame
	Plain    bool // it holds text or binary data that are not compressed, and is minimal
	Minimal  bool // its length is in its shortest form, and has 63 bits
	Masked   bool
	Reserved byte // bits
	Opcode   Opcode
	Size     uint8 // of the header itself, in bytes
	Payload  int64 // bytes
}

const (
	finBit        = 0x80
	reservedBits  = 0x70
	compressedBit = 0x40 // RFC 7692, section 6
	opcodeBits    = 0x0f
	maskBit       = 0x80
	lengthBits    = 0x7f
)

// FrameSize is that of the whole frame, or more than there can be.
func (h *Header) FrameSize() int64 {
	if h.Payload > math.MaxInt64-maxHeader {
		return math.MaxInt64
	}
	return int64(h.Size) + h.Payload
}

const maxHeader = 14

func (h *Header) control() bool { return h.Opcode&0x8 != 0 }

// Begins reports whether it is the first of a message.
func (h *Header) Begins() bool { return h.Opcode == OpcodeText || h.Opcode == OpcodeBinary }

// Compressed reports whether that message is (RFC 7692, section 6).
func (h *Header) Compressed() bool { return h.Reserved == compressedBit }

// known reports whether the opcode has a meaning.
func (h *Header) known() bool {
	return h.Opcode <= OpcodeBinary || h.Opcode >= OpcodeClose && h.Opcode <= OpcodePong
}

// ParseHeader returns the header at the beginning of b, if it is there.
func ParseHeader(b []byte) (h Header, ok bool) {
	ok = h.Parse(b)
	return h, ok
}

// Parse is ParseHeader into h, which it leaves undefined if the header is not there.
func (h *Header) Parse(b []byte) (ok bool) { return h.parseHead(b) && len(b) >= int(h.Size) }

// parseHead is Parse but for the key that masks the payload, which need not be there.
func (h *Header) parseHead(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	first, second := b[0], b[1]
	extended := extendedLength(second & lengthBits)
	if len(b) < int(2+extended) {
		return false
	}
	h.Opcode, h.Reserved = Opcode(first&opcodeBits), first&reservedBits
	h.Fin, h.Masked = first&finBit != 0, second&maskBit != 0
	h.Size = 2 + extended + second>>7*KeySize
	h.setLength(b, extended)
	h.Whole = h.Fin && h.Opcode != OpcodeContinuation
	h.Plain = h.Reserved == 0 && h.Begins() && h.Minimal
	return true
}

func (h *Header) setLength(b []byte, extended uint8) {
	switch extended {
	case 2:
		h.Payload = int64(binary.BigEndian.Uint16(b[2:]))
		h.Minimal = h.Payload > lengthBits-2
	case 8:
		// What has 64 bits is cut: it is refused by its header.
		size := binary.BigEndian.Uint64(b[2:])
		h.Payload = int64(min(size, math.MaxInt64))
		h.Minimal = size > math.MaxUint16 && size <= math.MaxInt64
	default:
		h.Payload, h.Minimal = int64(b[1]&lengthBits), true
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
