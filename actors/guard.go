package actors

import (
	"errors"
	"io"
)

// guard sees every byte that a peer sends before coder/websocket does, and ends the
// reading at the first that is against the rules of RFC 6455 or 7692: with the frame's
// header, if that says it all, and with the first byte that no text can have. It also
// keeps close frames for itself, so that whoever reads decides how they are answered.
//
// It belongs to whoever reads.
type guard struct {
	rules
	now      frame          // the present one; its payload is what is still to come of it
	inside   bool           // a frame
	within   bool           // a message in fragments
	packed   bool           // the message is compressed
	readable bool           // the message is text, and not compressed
	key      [maskSize]byte // from the next byte on
	text     textCheck
	total    int64  // of the message's payload, as announced
	held     []byte // of a header that is not there as a whole, or of a close frame
	verdict  error
	closed   bool // there was a close frame after the verdict
	refused  bool // the present frame began before
}

// reset is for what is read anew, by these rules.
func (g *guard) reset(r rules) { *g = guard{rules: r, held: g.held[:0]} }

// sift returns what may be passed on of p, which was read, and why no more.
func (g *guard) sift(p []byte, err error) (int, error) {
	passed, refused := g.check(p)
	if refused != nil {
		return passed, refused
	}
	return passed, g.ending(err)
}

// errCutShort is what the end of a connection is in the middle of a message, which
// coder/websocket would take for the end of that.
var errCutShort = errors.New("connection ended in the middle of a message")

// ending is what an error of reading means here.
func (g *guard) ending(err error) error {
	if !g.idle() && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return errCutShort
	}
	return err
}

// idle reports whether no message has begun, nor anything been refused.
func (g *guard) idle() bool { return !g.inside && !g.within && len(g.held) == 0 && g.verdict == nil }

// check sees the next bytes. With an error, which is the last, it returns how many may
// be passed on all the same: those before the frame in question.
func (g *guard) check(p []byte) (passed int, err error) {
	at := 0
	for at < len(p) && g.verdict == nil {
		if !g.inside {
			passed = at
		}
		at += g.step(p[at:])
		if g.verdict == nil && g.inside && g.now.payload == 0 {
			g.end()
		}
	}
	if g.verdict != nil {
		g.refused = g.inside
		g.after(p[at:])
		return passed, g.verdict
	}
	return len(p), nil
}

// step takes in a header or some payload.
func (g *guard) step(p []byte) int {
	if g.inside {
		return g.payload(p)
	}
	if f, ok := parseFrame(p); ok && len(g.held) == 0 {
		if g.verdict = g.judge(&f); g.verdict == nil {
			g.begin(f, p)
		} else {
			g.refuse(f, p)
		}
		return int(f.header)
	}
	for n := range p {
		g.held = append(g.held, p[n])
		if f, ok := parseHead(g.held); ok && g.headed(f) {
			return n + 1
		}
	}
	return len(p)
}

// headed judges a frame by what is held of its header, and reports whether that is all.
func (g *guard) headed(f frame) bool {
	if g.verdict = g.judge(&f); g.verdict == nil && len(g.held) < int(f.header) {
		return false
	}
	if g.verdict == nil {
		g.begin(f, g.held)
	} else {
		g.refuse(f, g.held)
	}
	g.held = g.held[:0]
	return true
}

// begin begins a frame.
func (g *guard) begin(f frame, header []byte) {
	g.now, g.inside = f, true
	if f.masked {
		copy(g.key[:], header[f.header-maskSize:])
	}
	switch {
	case f.control():
		return
	case f.opcode != opcodeContinuation:
		g.packed = f.compressed()
		g.readable = f.opcode == opcodeText && !g.packed
		g.total = 0
	}
	g.total += f.payload
	g.within = !f.fin
}

// payload takes in what there is of it.
func (g *guard) payload(p []byte) int {
	p = p[:min(int64(len(p)), g.now.payload)]
	switch {
	case g.now.opcode == opcodeClose:
		g.held = append(g.held, p...)
		if g.now.masked {
			added := g.held[len(g.held)-len(p):]
			g.unmask(added, added)
		}
	case g.readable && !g.now.control():
		g.readText(p)
	}
	g.now.payload -= int64(len(p))
	return len(p)
}

func (g *guard) readText(p []byte) {
	ok := true
	if !g.now.masked {
		ok = g.text.add(p)
	}
	var clear [256]byte
	for g.now.masked && ok && len(p) > 0 {
		n := min(len(p), len(clear))
		g.unmask(clear[:n], p[:n])
		ok = g.text.add(clear[:n])
		p = p[n:]
	}
	if !ok {
		g.verdict = notUTF8()
	}
}

// unmask unmasks the next bytes of the payload.
func (g *guard) unmask(dst, src []byte) {
	unmask(dst, src, g.key[:])
	turn, key := len(src)%maskSize, g.key
	for i := range g.key {
		g.key[i] = key[(i+turn)%maskSize]
	}
}

// end ends a frame.
func (g *guard) end() {
	g.inside = false
	switch {
	case g.now.opcode == opcodeClose:
		g.verdict = parseClose(g.held)
		g.held = g.held[:0]
	case !g.now.control() && g.readable && !g.within:
		g.verdict = g.text.end()
	}
}
