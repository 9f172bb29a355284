package wire

import "unicode/utf8"

// TextCheck tells whether text that comes in pieces is UTF-8, with the first byte that
// is not.
type TextCheck struct {
	begun [utf8.UTFMax - 1]byte // of a character that is not there as a whole
	size  uint8
}

// Add reports whether the text can still be UTF-8 with p.
func (t *TextCheck) Add(p []byte) bool {
	for t.size > 0 && len(p) > 0 {
		var next [utf8.UTFMax]byte
		n := copy(next[:], t.begun[:t.size])
		next[n] = p[0]
		p = p[1:]
		if !t.begin(next[:n+1]) && !utf8.Valid(next[:n+1]) {
			return false
		}
	}
	rest := len(p) - unfinished(p)
	t.size += uint8(copy(t.begun[t.size:], p[rest:]))
	return utf8.Valid(p[:rest])
}

// begin keeps p if it is the beginning of a character, and reports whether it is.
func (t *TextCheck) begin(p []byte) bool {
	if t.size = 0; utf8.FullRune(p) {
		return false
	}
	t.size = uint8(copy(t.begun[:], p))
	return true
}

// End returns an error unless the text ends with a character.
func (t *TextCheck) End() error {
	if t.size > 0 {
		return NotUTF8()
	}
	return nil
}

// unfinished is the size of the character at the end of p that is not there as a whole.
func unfinished(p []byte) int {
	for size := 1; size < utf8.UTFMax && size <= len(p); size++ {
		if end := p[len(p)-size:]; utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return size
		}
	}
	return 0
}
