package actors

import "math"

// refuse notes how much is still to come of a frame that is refused, which may be
// before its header is there.
func (g *guard) refuse(f frame, header []byte) {
	missing := max(int64(f.header)-int64(len(header)), 0)
	f.payload = min(f.payload, math.MaxInt64-maxHeader) + missing
	g.now, g.inside = f, true
}

// after sees what comes after the guard's verdict, of which only a close frame is of
// interest: then the peer has closed too.
func (g *guard) after(p []byte) {
	for len(p) > 0 && !g.closed {
		p = p[g.skip(p):]
		if g.inside && g.now.payload == 0 {
			g.closed = g.now.opcode == opcodeClose && !g.refused
			g.inside, g.refused = false, false
		}
	}
}

// skip passes over a header, or some payload.
func (g *guard) skip(p []byte) int {
	if g.inside {
		n := min(int64(len(p)), g.now.payload)
		g.now.payload -= n
		return int(n)
	}
	for n := range p {
		g.held = append(g.held, p[n])
		if f, ok := parseFrame(g.held); ok {
			g.now, g.inside, g.held = f, true, g.held[:0]
			return n + 1
		}
	}
	return len(p)
}
