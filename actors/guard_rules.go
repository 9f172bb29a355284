package actors

import (
	"fmt"
	"math"
)

// rules are what was agreed upon before the first frame.
type rules struct {
	limit    int64 // of a message
	masks    bool  // the peer has to mask what it sends: it is a client
	deflates bool  // messages may be compressed (RFC 7692)
}

// judge returns what a frame's header has against the rules, or nil.
func (g *guard) judge(f *frame) error {
	switch {
	case f.masked && !g.masks:
		return against("masked frame from a server") // section 5.1
	case !f.masked && g.masks:
		return against("frame from a client that is not masked")
	case f.reserved != 0 && !(f.compressed() && f.begins() && g.deflates):
		return against("reserved bits") // section 5.2, and RFC 7692, section 6
	case !f.known():
		return against(fmt.Sprintf("opcode %d", f.opcode))
	case !f.proper:
		return against("length that is not in its shortest form, or has 64 bits")
	case f.control():
		return judgeControl(f)
	case f.begins() && g.within:
		return against("message inside of another") // section 5.4
	case !f.begins() && !g.within:
		return against("continuation of no message")
	default:
		return g.judgeSize(f)
	}
}

func judgeControl(f *frame) error {
	switch {
	case !f.fin:
		return against("control frame in fragments")
	case f.payload > maxControl:
		return against(fmt.Sprintf("control frame of %d bytes", f.payload))
	case f.opcode == opcodeClose && f.payload == 1:
		return against("close frame of one byte") // section 5.5.1
	default:
		return nil
	}
}

// judgeSize refuses a message that is too big when its header says so. What is
// compressed is measured once more when it is not.
func (g *guard) judgeSize(f *frame) error {
	limit, before, packed := g.limit, g.total, g.packed
	if f.begins() {
		before, packed = 0, f.compressed()
	}
	if packed {
		limit = deflated(limit)
	}
	if f.payload > limit-before {
		return tooBig(g.limit)
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
