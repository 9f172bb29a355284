package inflate

// window is the last that was inflated, to which what comes may refer. The zero value is
// empty.
type window struct {
	bytes []byte // a ring, once it is full
	at    int    // where that begins
}

// windowSize is how far back a message refers at most (RFC 1951, section 2).
const windowSize = 32 << 10

func (w *window) reset() { w.bytes, w.at = w.bytes[:0], 0 }

func (w *window) add(p []byte) {
	p = p[max(len(p)-windowSize, 0):]
	if w.bytes == nil && len(p) > 0 {
		w.bytes = make([]byte, 0, windowSize)
	}
	free := min(windowSize-len(w.bytes), len(p))
	w.bytes = append(w.bytes, p[:free]...)
	for p = p[free:]; len(p) > 0; {
		n := copy(w.bytes[w.at:], p)
		w.at = (w.at + n) % windowSize
		p = p[n:]
	}
}

// appendTo appends it, in one piece.
func (w *window) appendTo(dst []byte) []byte {
	return append(append(dst, w.bytes[w.at:]...), w.bytes[:w.at]...)
}
