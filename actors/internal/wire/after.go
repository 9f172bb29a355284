package wire

import "math"

// refuse notes how much is still to come of a frame that is refused, which may be
// before its header is there.
func (g *Guard) refuse(f Header, header []byte) {
	missing := max(int64(f.Size)-int64(len(header)), 0)
	f.Payload = min(f.Payload, math.MaxInt64-maxHeader) + missing
	g.now, g.inside = f, true
}

// After sees what comes after what ended the reading, of which only a close frame is of
// interest: then the peer has closed too.
func (g *Guard) After(p []byte) {
	for len(p) > 0 && !g.closed {
		p = p[g.skip(p):]
		if g.inside && g.now.Payload == 0 {
			g.closed = g.now.Opcode == OpcodeClose && !g.refused
			g.inside, g.refused = false, false
		}
	}
}

// skip passes over a header, or some payload.
func (g *Guard) skip(p []byte) int {
	if g.inside {
		n := min(int64(len(p)), g.now.Payload)
		g.now.Payload -= n
		return int(n)
	}
	for n := range p {
		g.held = append(g.held, p[n])
		if f, ok := ParseHeader(g.held); ok {
			g.now, g.inside, g.held = f, true, g.held[:0]
			return n + 1
		}
	}
	return len(p)
}
