package wire

import (
	"strings"
	"testing"
)

// Text in any pieces is what it is as a whole, and refused with its first bad byte.
func TestTextCheck(t *testing.T) {
	for _, text := range []string{
		"", "a", "é", "€", "\U0001f600", "aé€\U0001f600z", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98",
		"\xed\xa0\x80", "\xf4\x90", "\xf5", "\x80", "a\xe2\x28\xa1", "\xf0\x9f\x98x", "é\xc0\xaf",
	} {
		for size := 1; size <= len(text); size++ {
			check, good := TextCheck{}, true
			for at := 0; at < len(text) && good; at += size {
				good = check.Add([]byte(text[at:min(at+size, len(text))]))
			}
			if good && check.End() != nil {
				good = false
			}
			if want := strings.ToValidUTF8(text, "") == text; good != want {
				t.Errorf("%q, %d bytes at a time: %t", text, size, good)
			}
		}
	}
}
