package wire

import (
	"fmt"
	"math"
)

// Rules are what was agreed upon before the first frame.
type Rules struct {
	Limit    int64 // of a message
	Masked   bool  // the peer has to mask what it sends: it is a client
	Deflate  bool  // messages may be compressed (RFC 7692)
	Takeover bool  // and refer to those before them
}

// judge returns what a frame's header has against the rules, or nil.
func (g *Guard) judge(f *Header) error {
	switch {
	case f.Masked && !g.Masked:
		return ProtocolError("masked frame from a server") // section 5.1
	case !f.Masked && g.Masked:
		return ProtocolError("frame from a client that is not masked")
	case f.Reserved != 0 && !(f.Compressed() && f.Begins() && g.Deflate):
		return ProtocolError("reserved bits") // section 5.2, and RFC 7692, section 6
	case !f.known():
		return ProtocolError(fmt.Sprintf("opcode %d", f.Opcode))
	case !f.Minimal:
		return ProtocolError("length that is not in its shortest form, or has 64 bits")
	case f.control():
		return judgeControl(f)
	case f.Begins() && g.within:
		return ProtocolError("message inside of another") // section 5.4
	case !f.Begins() && !g.within:
		return ProtocolError("continuation of no message")
	default:
		return g.judgeSize(f)
	}
}

func judgeControl(f *Header) error {
	switch {
	case !f.Fin:
		return ProtocolError("control frame in fragments")
	case f.Payload > maxControl:
		return ProtocolError(fmt.Sprintf("control frame of %d bytes", f.Payload))
	case f.Opcode == OpcodeClose && f.Payload == 1:
		return ProtocolError("close frame of one byte") // section 5.5.1
	default:
		return nil
	}
}

// judgeSize refuses a message that is too big when its header says so. What is
// compressed is measured once more when it is not.
func (g *Guard) judgeSize(f *Header) error {
	limit, before, packed := g.Limit, g.total, g.packed
	if f.Begins() {
		before, packed = 0, f.Compressed()
	}
	if packed {
		limit = deflated(limit)
	}
	if f.Payload > limit-before {
		return TooBig(g.Limit)
	}
	return nil
}

// deflated is the most that size bytes are made by compressing them: 9 bits for each,
// and the headers of blocks.
func deflated(size int64) int64 {
	if size > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return size + size/8 + size/64 + 64
}
