package inflate

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// peer compresses messages that refer to those before.
type peer struct {
	to   bytes.Buffer
	with *flate.Writer
	said []byte
}

// say returns a message as it is sent; final has its block be the last of a stream, and
// the next refer to it all the same.
func (p *peer) say(message string, final bool) string {
	if p.with == nil {
		p.with, _ = flate.NewWriterDict(&p.to, flate.BestCompression, p.said)
	}
	p.to.Reset()
	_, _ = io.WriteString(p.with, message)
	p.said = append(p.said, message...)
	if final {
		_ = p.with.Close()
		p.with = nil
		return p.to.String() + "\x00" // section 7.2.3.4
	}
	_ = p.with.Flush()
	return strings.TrimSuffix(p.to.String(), tail)
}

// digits are noise that gets smaller: of what does not, a flate.Writer repeats its
// dictionary.
func digits(size int) string {
	b, random := make([]byte, size/2), rand.NewChaCha8([32]byte{})
	_, _ = random.Read(b)
	return hex.EncodeToString(b)
}

// inPieces is how a payload may come.
var inPieces = map[string]func(io.Reader) io.Reader{
	"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader,
	"halves": iotest.HalfReader, "end with data": iotest.DataErrReader,
}

// Messages of all sizes, with and without final blocks, in all kinds of pieces.
func TestInflate(t *testing.T) {
	large := digits(100_000)
	said := []string{"Hello", "", "Hello", large[:windowSize], large[:windowSize], large, "Hello", large[60_000:], "", "Hello"}
	for name, pieces := range inPieces {
		for _, takeover := range []bool{true, false} {
			for which, final := range map[string]func(i int) bool{
				"none": func(int) bool { return false }, "all": func(int) bool { return true },
				"some": func(i int) bool { return i%3 == 0 },
			} {
				f, p := New(takeover), &peer{}
				for i, message := range said {
					if !takeover {
						p = &peer{}
					}
					f.Open(pieces(strings.NewReader(p.say(message, final(i)))))
					if got, err := io.ReadAll(f); string(got) != message || err != nil {
						t.Fatalf("%s, takeover %t, final: %s: message %d has %d bytes, %v", name, takeover, which, i, len(got), err)
					}
				}
			}
		}
	}
}

// The examples of RFC 7692, sections 7.2.3.1 to 7.2.3.6, and what else there is.
func TestExamples(t *testing.T) {
	for name, test := range map[string]struct{ sent, want string }{
		"one block":               {"\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"},
		"no compression":          {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello"},
		"final":                   {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"},
		"final, and nothing else": {"\xf3\x48\xcd\xc9\xc9\x07\x00", "Hello"}, // what deflateRawSync makes
		"two blocks":              {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"},
		"final, and another":      {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00", "HelloHello"},
		"final, and one before":   {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00", "HelloHello"},
		"final, and empty":        {"\xf2\x48\xcd\xc9\xc9\x07\x04", "Hello"}, // its length is what is cut off
		"no block after it":       {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f", "Hello"},
		"nothing":                 {"\x00", ""},
		"nothing at all":          {"", ""},
		"nothing, many times":     {strings.Repeat("\x03\x00", maxFinals) + "\x00", ""},
	} {
		f := New(true)
		for range 2 { // the second is read as if it were the first
			f.Open(strings.NewReader(test.sent))
			if got, err := io.ReadAll(f); string(got) != test.want || err != nil {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
			f.window = window{}
		}
	}
}

// What breaks off, or is none, is no message.
func TestBroken(t *testing.T) {
	torn := errors.New("torn")
	f := New(true)
	f.Open(io.MultiReader(strings.NewReader("\xf2\x48\xcd"), iotest.ErrReader(torn)))
	if _, err := io.ReadAll(f); !errors.Is(err, torn) {
		t.Errorf("got %v", err)
	}
	var corrupt flate.CorruptInputError
	for _, sent := range []string{"\xff", "\xf3\x48\xcd\xc9\xc9\x07\x00\xff", "\xf2\x00\x11\x00\x00"} {
		f := New(false)
		f.Open(strings.NewReader("\xf2\x48\xcd\xc9\xc9\x07\x00"))
		_, _ = io.ReadAll(f)
		f.Open(strings.NewReader(sent))
		if got, err := io.ReadAll(f); !errors.As(err, &corrupt) {
			t.Errorf("%x: got %q, %v", sent, got, err)
		}
	}
}

// blocks returns messages whose only block is of a kind: what is cut off of one breaks off
// inside that. If only the tail of what is stored is, that is what it is read with.
func blocks() map[string]string {
	written := func(level int, message string) string {
		var to bytes.Buffer
		w, _ := flate.NewWriter(&to, level)
		_, _ = io.WriteString(w, message)
		_ = w.Flush()
		return strings.TrimSuffix(to.String(), tail)
	}
	all := map[string]string{}
	for name, sent := range map[string]string{
		"fixed":   "\xf2\x48\xcd\xc9\xc9\x07\x00",
		"dynamic": written(flate.BestCompression, digits(3000)),
		"huffman": written(flate.HuffmanOnly, digits(3000)),
		"stored":  written(flate.NoCompression, strings.Repeat(digits(1000), 10)+tail),
	} {
		all[name], all[name+", final"] = sent, string([]byte{sent[0] | 1})+sent[1:]
	}
	return all
}

// A message that breaks off inside a block is none, wherever that is (RFC 7692, section
// 7.2.2), and refers to nothing before it.
func TestBreaksOff(t *testing.T) {
	for name, sent := range blocks() {
		for _, takeover := range []bool{true, false} {
			for how, pieces := range inPieces {
				f := New(takeover)
				open := func(n int) ([]byte, error) {
					f.Open(pieces(strings.NewReader(sent[:n])))
					return io.ReadAll(f)
				}
				whole, err := open(len(sent))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for n := len(sent) - 1; n > 1; n -= 1 + (len(sent)-n)/40*7 { // one byte may be an empty message
					f = New(takeover)
					got, err := open(n)
					if !broken(err) && !bytes.Equal(got, whole) {
						t.Errorf("%s, %s: of %d bytes %d: got %d bytes, %v", name, how, len(sent), n, len(got), err)
					}
				}
			}
		}
	}
}

func broken(err error) bool {
	var corrupt flate.CorruptInputError
	var torn flate.InternalError
	return errors.As(err, &corrupt) || errors.As(err, &torn)
}

// A message of final blocks and little else would cost a thousand times what it is to send:
// it is refused, and one with as much in it as other messages is not.
func TestFinalBlocksWithoutEnd(t *testing.T) {
	var many flate.InternalError
	for _, takeover := range []bool{false, true} {
		f := New(takeover)
		f.Open(io.LimitReader(endless("\x03\x00"), 1<<20))
		if got, err := io.ReadAll(f); len(got) > 0 || !errors.As(err, &many) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		var p peer
		part := strings.Repeat(digits(100), 10)
		sent := strings.TrimSuffix(p.say(part, true), "\x00")
		f = New(takeover)
		f.Open(strings.NewReader(strings.Repeat(sent, 500)))
		if got, err := io.ReadAll(f); string(got) != strings.Repeat(part, 500) || err != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
}

// endless is a text again and again.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for ; n+len(e) <= len(p); n += len(e) {
		copy(p[n:], e)
	}
	return n, nil
}
