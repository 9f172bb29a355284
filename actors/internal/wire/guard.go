package wire

import (
	"errors"
	"io"
)

// Guard sees every byte that a peer sends before it is parsed, and ends the
// reading at the first that is against the rules of RFC 6455 or 7692: with the frame's
// header, if that says it all, and with the first byte that no text can have. It also
// keeps close frames for itself, so that whoever reads decides how they are answered,
// and the bit of what is compressed: see Compressed.
//
// It belongs to whoever reads.
type Guard struct {
	Rules
	now      Header        // the present one; its payload is what is still to come of it
	inside   bool          // a frame
	within   bool          // a message in fragments
	packed   bool          // the message is compressed
	readable bool          // the message is text, and not compressed
	key      [KeySize]byte // from the next byte on
	text     TextCheck
	total    int64  // of the message's payload, as announced
	held     []byte // of a header that is not there as a whole, or of a close frame
	begun    []bool // which messages are compressed, of those that nobody has asked for
	verdict  error
	closed   bool // there was a close frame after the verdict
	refused  bool // the present frame began before
}

// Reset is for what is read anew, by these rules.
func (g *Guard) Reset(r Rules) { *g = Guard{Rules: r, held: g.held[:0], begun: g.begun[:0]} }

// Sift returns what may be passed on of p, which was read, and why no more.
func (g *Guard) Sift(p []byte, err error) (int, error) {
	passed, refused := g.Check(p)
	if refused != nil {
		return passed, refused
	}
	return passed, g.Ending(err)
}

// errCutShort is what the end of a connection is in the middle of a message, which
// coder/websocket would take for the end of that.
var errCutShort = errors.New("connection ended in the middle of a message")

// Ending is what an error of reading means here.
func (g *Guard) Ending(err error) error {
	if !g.Idle() && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return errCutShort
	}
	return err
}

// Err is what ended the reading, if that was the guard: a *Violation, or a *PeerClosed.
func (g *Guard) Err() error { return g.verdict }

// SawClose reports whether After has seen a close frame.
func (g *Guard) SawClose() bool { return g.closed }

// Idle reports whether no message has begun, nor anything been refused.
func (g *Guard) Idle() bool { return !g.inside && !g.within && len(g.held) == 0 && g.verdict == nil }

// Compressed reports whether the next message is, for whoever inflates it: that is asked
// once for each. To those behind the guard it is one like any other.
func (g *Guard) Compressed() (yes bool) {
	if len(g.begun) > 0 {
		yes = g.begun[0]
		g.begun = append(g.begun[:0], g.begun[1:]...)
	}
	return yes
}

// Check sees the next bytes. With an error, which is the last, it returns how many may
// be passed on all the same: those before the frame in question.
func (g *Guard) Check(p []byte) (passed int, err error) {
	at := 0
	for at < len(p) && g.verdict == nil {
		if !g.inside {
			passed = at
		}
		at += g.step(p[at:])
		if g.verdict == nil && g.inside && g.now.Payload == 0 {
			g.end()
		}
	}
	if g.verdict != nil {
		g.refused = g.inside
		g.After(p[at:])
		return passed, g.verdict
	}
	return len(p), nil
}

// step takes in a header or some payload.
func (g *Guard) step(p []byte) int {
	if g.inside {
		return g.payload(p)
	}
	first := len(g.held) == 0
	n := g.header(p)
	if first && g.Deflate {
		p[0] &^= compressedBit // it was seen
	}
	return n
}

// header takes in a header, or what there is of it.
func (g *Guard) header(p []byte) int {
	if f, ok := ParseHeader(p); ok && len(g.held) == 0 {
		if g.verdict = g.judge(&f); g.verdict == nil {
			g.begin(f, p)
		} else {
			g.refuse(f, p)
		}
		return int(f.Size)
	}
	for n := range p {
		g.held = append(g.held, p[n])
		if f := (Header{}); f.parseHead(g.held) && g.headed(f) {
			return n + 1
		}
	}
	return len(p)
}

// headed judges a frame by what is held of its header, and reports whether that is all.
func (g *Guard) headed(f Header) bool {
	if g.verdict = g.judge(&f); g.verdict == nil && len(g.held) < int(f.Size) {
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
func (g *Guard) begin(f Header, header []byte) {
	g.now, g.inside = f, true
	if f.Masked {
		copy(g.key[:], header[f.Size-KeySize:])
	}
	switch {
	case f.control():
		return
	case f.Opcode != OpcodeContinuation:
		g.packed = f.Compressed()
		if g.Deflate {
			g.begun = append(g.begun, g.packed)
		}
		g.readable = f.Opcode == OpcodeText && !g.packed
		g.total = 0
	}
	g.total += f.Payload
	g.within = !f.Fin
}

// payload takes in what there is of it.
func (g *Guard) payload(p []byte) int {
	p = p[:min(int64(len(p)), g.now.Payload)]
	switch {
	case g.now.Opcode == OpcodeClose:
		g.held = append(g.held, p...)
		if g.now.Masked {
			added := g.held[len(g.held)-len(p):]
			g.unmask(added, added)
		}
	case g.readable && !g.now.control():
		g.readText(p)
	case g.now.Masked:
		g.key = Turned(g.key, len(p)) // Unmask may go on from here
	}
	g.now.Payload -= int64(len(p))
	return len(p)
}

func (g *Guard) readText(p []byte) {
	ok := true
	if !g.now.Masked {
		ok = g.text.Add(p)
	}
	var clear [256]byte
	for g.now.Masked && ok && len(p) > 0 {
		n := min(len(p), len(clear))
		g.unmask(clear[:n], p[:n])
		ok = g.text.Add(clear[:n])
		p = p[n:]
	}
	if !ok {
		g.verdict = NotUTF8()
	}
}

// Unmask is Check for payload of the present frame, which it unmasks in place: of no more
// than that, nor of a close frame.
func (g *Guard) Unmask(p []byte) error {
	if g.now.Masked {
		g.unmask(p, p)
	}
	if g.readable && !g.text.Add(p) {
		g.verdict = NotUTF8()
	}
	if g.now.Payload -= int64(len(p)); g.now.Payload == 0 && g.verdict == nil {
		g.end()
	}
	if g.verdict != nil {
		g.refused = g.inside
	}
	return g.verdict
}

// unmask unmasks the next bytes of the payload.
func (g *Guard) unmask(dst, src []byte) {
	Mask(dst, src, g.key[:])
	g.key = Turned(g.key, len(src))
}

// end ends a frame.
func (g *Guard) end() {
	g.inside = false
	switch {
	case g.now.Opcode == OpcodeClose:
		g.verdict = parseClose(g.held)
		g.held = g.held[:0]
	case !g.now.control() && g.readable && !g.within:
		g.verdict = g.text.End()
	}
}
