package actors

import (
	"encoding/binary"

	"github.com/sockvisor/sockvisor/messages"
)

// The reading of frames is coder/websocket's, but for the plainest: one frame that
// is a whole message of text or binary, neither compressed nor against the rules,
// and is in the intake as a whole. That is nearly every message there is, and to
// take it from there costs a tenth of what Reader and Read do, which lock, select
// and check for what such a frame cannot be: a flood is received 2.4 times as fast.
// It is between two messages as far as coder/websocket can see, and stays there.
//
// takeMessage takes such a message, or returns nil: the next is coder/websocket's to
// read, or to refuse.
func (in *intake) takeMessage(masked bool, limit int64) (messages.Type, []byte) {
	f := &in.ahead
	if in.left > 0 || !in.message() || !f.plain || f.masked != masked || int64(f.payload) > limit {
		return 0, nil
	}
	from := in.bytes[in.from : in.from+f.size()]
	data := make([]byte, f.payload)
	if masked {
		unmask(data, from[f.header:], from[f.header-maskSize:f.header])
	} else {
		copy(data, from[f.header:])
	}
	in.known = false
	in.skip(f.size())
	return messages.Type(f.opcode), data
}

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

// frame is what the header of a frame says (RFC 6455, section 5.2).
type frame struct {
	whole           bool // it is the whole of a message, or a control frame
	plain           bool // it holds text or binary data that are not compressed
	masked          bool
	opcode          byte
	header, payload int // bytes
}

func (f *frame) size() int { return f.header + f.payload }

// parseFrame returns the header at the beginning of b, if it is there.
func parseFrame(b []byte) (f frame, ok bool) {
	if len(b) < 2 {
		return f, false
	}
	const fin, reserved, opcode, continuation, masked, length = 0x80, 0x70, 0x0f, 0, 0x80, 0x7f
	extended := extendedLength(b[1] & length)
	f.header = 2 + extended
	if f.masked = b[1]&masked != 0; f.masked {
		f.header += maskSize
	}
	if len(b) < f.header {
		return f, false
	}
	f.opcode = b[0] & opcode
	f.whole = b[0]&fin != 0 && f.opcode != continuation
	f.plain = b[0]&reserved == 0 && (f.opcode == byte(messages.TypeText) || f.opcode == byte(messages.TypeBinary))
	switch extended {
	case 2:
		f.payload = int(binary.BigEndian.Uint16(b[2:]))
	case 8:
		// What no memory can hold is cut: coder/websocket refuses it by its header.
		f.payload = int(min(binary.BigEndian.Uint64(b[2:]), 1<<48))
	default:
		f.payload = int(b[1] & length)
	}
	return f, true
}

// extendedLength returns the bytes of an extended payload length.
func extendedLength(length byte) int {
	switch length {
	case 126:
		return 2
	case 127:
		return 8
	default:
		return 0
	}
}
