package wire

import (
	"errors"
	"strings"
	"testing"
)

// raw is a frame as a server sends it, with any first byte.
func raw(head byte, payload string) string {
	b := AppendFrame(nil, 0, []byte(payload), false)
	b[0] = head
	return string(b)
}

// told is what a guard has to say to bytes that come as they are.
type told struct {
	code  uint16 // zero if nothing
	after int    // how many bytes
}

func listen(g *Guard, wire string, size int) told {
	for at := 0; at < len(wire); at += size {
		end := min(at+size, len(wire))
		_, err := g.Check([]byte(wire[at:end]))
		var v *Violation
		var closed *PeerClosed
		switch {
		case errors.As(err, &v):
			return told{v.Code, end}
		case errors.As(err, &closed):
			return told{closed.Code, end}
		}
	}
	return told{}
}

// Each rule, with the byte at which it is broken, whatever the pieces.
func TestGuard(t *testing.T) {
	const limit = 1000
	big := strings.Repeat("x", limit)
	for name, test := range map[string]struct {
		wire     string
		deflates bool
		code     uint16
		after    int // bytes of wire, if not all
	}{
		"text":                          {wire: raw(0x81, "hé")},
		"nothing":                       {wire: raw(0x82, "")},
		"at the limit":                  {wire: raw(0x82, big)},
		"fragments at the limit":        {wire: raw(0x02, big[1:]) + raw(0x89, "p") + raw(0x80, "x")},
		"a character in two fragments":  {wire: raw(0x01, "\xc3") + raw(0x80, "\xa9")},
		"empty fragments":               {wire: raw(0x01, "") + raw(0x00, "") + raw(0x80, "")},
		"compressed":                    {wire: raw(0xc1, "\xff") + raw(0x41, "\xff") + raw(0x80, "\xff"), deflates: true},
		"compressed beyond the limit":   {wire: raw(0xc2, big+"xxxxx"), deflates: true},
		"masked":                        {wire: "\x81\x80\x01\x02\x03\x04", code: 1002, after: 2},
		"masked ping":                   {wire: "\x89\x80\x01\x02\x03\x04", code: 1002, after: 2},
		"masked close":                  {wire: "\x88\x82\x01\x02\x03\x04" + "\x02\xea", code: 1002, after: 2},
		"masked and compressed":         {wire: "\xc1\x80\x01\x02\x03\x04", deflates: true, code: 1002, after: 2},
		"compressed, not agreed upon":   {wire: raw(0xc1, ""), code: 1002},
		"compressed continuation":       {wire: raw(0x41, "") + raw(0xc0, ""), deflates: true, code: 1002},
		"compressed ping":               {wire: raw(0xc9, ""), deflates: true, code: 1002},
		"reserved bit 2":                {wire: raw(0xa1, ""), deflates: true, code: 1002},
		"reserved bit 3":                {wire: raw(0x92, ""), deflates: true, code: 1002},
		"opcode 3":                      {wire: raw(0x83, ""), code: 1002},
		"opcode 7":                      {wire: raw(0x87, ""), code: 1002},
		"opcode 11":                     {wire: raw(0x8b, ""), code: 1002},
		"opcode 15":                     {wire: raw(0x8f, ""), code: 1002},
		"ping in fragments":             {wire: raw(0x09, ""), code: 1002},
		"ping of 126 bytes":             {wire: raw(0x89, big[:126]), code: 1002, after: 4},
		"ping of 125 bytes":             {wire: raw(0x89, big[:125])},
		"ping of all bytes there are":   {wire: "\x89\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", code: 1002},
		"continuation of nothing":       {wire: raw(0x80, ""), code: 1002},
		"continuation of a whole":       {wire: raw(0x81, "") + raw(0x80, ""), code: 1002},
		"message inside of another":     {wire: raw(0x01, "") + raw(0x81, ""), code: 1002},
		"length in 16 bits for 7":       {wire: "\x82\x7e\x00\x7d", code: 1002},
		"length in 64 bits for 16":      {wire: "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", code: 1002},
		"length of 64 bits":             {wire: "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", code: 1002},
		"length of 63 bits":             {wire: "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", code: 1009},
		"length of 49 bits":             {wire: "\x82\x7f\x00\x01\x00\x00\x00\x00\x00\x00", code: 1009},
		"over the limit":                {wire: raw(0x82, big+"x"), code: 1009, after: 4},
		"fragments over the limit":      {wire: raw(0x02, big) + raw(0x00, "") + raw(0x80, "x"), code: 1009, after: 4 + limit + 2 + 2},
		"compressed over any limit":     {wire: raw(0xc2, big+big), deflates: true, code: 1009, after: 4},
		"sum of 64 bits":                {wire: raw(0x02, big) + "\x80\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", code: 1009},
		"no text":                       {wire: raw(0x81, "ab\xffcd"), code: 1007, after: 5},
		"a surrogate":                   {wire: raw(0x81, "\xed\xa0\x80"), code: 1007, after: 4},
		"beyond Unicode":                {wire: raw(0x81, "\xf4\x90\x80\x80"), code: 1007, after: 4},
		"an overlong slash":             {wire: raw(0x81, "\xc0\xaf"), code: 1007, after: 3},
		"half a character at the end":   {wire: raw(0x81, "a\xc3"), code: 1007},
		"half in the last fragment":     {wire: raw(0x01, "a\xc3") + raw(0x80, ""), code: 1007},
		"no text in the first fragment": {wire: raw(0x01, "a\xff") + raw(0x80, ""), code: 1007, after: 4},
		"bad end in another fragment":   {wire: raw(0x01, "\xf4") + raw(0x89, "") + raw(0x80, "\x90\x80"), code: 1007, after: 3 + 2 + 3},
		"close":                         {wire: raw(0x88, ""), code: 1005},
		"close in a message":            {wire: raw(0x01, "a") + raw(0x88, "\x03\xe8"), code: 1000},
		"close, with a reason":          {wire: raw(0x88, "\x0f\xa1é"), code: 4001},
		"close of one byte":             {wire: raw(0x88, "\x03"), code: 1002, after: 2},
		"close for 1005":                {wire: raw(0x88, "\x03\xed"), code: 1002},
		"close with no text":            {wire: raw(0x88, "\x03\xe8\xff"), code: 1007},
	} {
		if test.after == 0 && test.code != 0 {
			test.after = len(test.wire)
		}
		for size := 1; size <= len(test.wire); size++ {
			g := &Guard{Rules: Rules{Limit: limit, Deflate: test.deflates}}
			got := listen(g, test.wire, size)
			if got.code != test.code || (got.after-1)/size != (test.after-1)/size {
				t.Errorf("%s, %d bytes at a time: got %+v, want %d after %d", name, size, got, test.code, test.after)
				break
			}
		}
	}
}

// A client has to mask. What it masks is seen through.
func TestGuardOfServer(t *testing.T) {
	masked := func(head byte, payload string) string {
		b := AppendFrame(nil, 0, []byte(payload), true)
		b[0] = head
		return string(b)
	}
	for name, test := range map[string]struct {
		wire string
		code uint16
	}{
		"not masked":       {raw(0x82, ""), 1002},
		"text":             {masked(0x81, strings.Repeat("é", 500)) + masked(0x81, "x"), 0},
		"no text":          {masked(0x01, strings.Repeat("é", 333)) + masked(0x80, "x\xff"), 1007},
		"close":            {masked(0x88, "\x0f\xa1bye"), 4001},
		"close of no text": {masked(0x88, "\x03\xe8\xff"), 1007},
	} {
		for size := 1; size <= len(test.wire); size++ {
			g := &Guard{Rules: Rules{Limit: 1000, Masked: true}}
			if got := listen(g, test.wire, size); got.code != test.code {
				t.Errorf("%s, %d bytes at a time: got %+v, want %d", name, size, got, test.code)
				break
			}
		}
	}
}

// What is compressed those behind the guard are not told, whatever the pieces; who
// inflates it asks.
func TestGuardKeepsWhatIsCompressed(t *testing.T) {
	const deflated, fragments, ordinary = "\xc1\x01x", "\x42\x01x\x89\x01p\x80\x01\xff", "\x82\x01x"
	all, clear := deflated+ordinary+fragments+ordinary, "\x81"+deflated[1:]+ordinary+"\x02"+fragments[1:]+ordinary
	for size := 1; size <= len(all); size++ {
		passed, err := sifted(Rules{Limit: 10, Deflate: true}, []byte(all), size)
		if string(passed) != clear || err != nil {
			t.Errorf("%d bytes at a time: passes %x, %v", size, passed, err)
		}
	}
	g := &Guard{Rules: Rules{Limit: 10, Deflate: true}}
	_, _ = g.Sift([]byte(all), nil)
	for i, want := range []bool{true, false, true, false, false} {
		if g.Compressed() != want {
			t.Errorf("message %d: want compressed %t", i, want)
		}
	}
}

// What came before a violation is passed on, the frame itself is not, and the guard
// stays by what it said.
func TestGuardSifts(t *testing.T) {
	good, bad := raw(0x81, "good")+raw(0x89, "ping"), raw(0x83, "bad")
	g := &Guard{Rules: Rules{Limit: 10}}
	var v *Violation
	if n, err := g.Sift([]byte(good+bad), nil); n != len(good) || !errors.As(err, &v) || err != g.verdict {
		t.Errorf("passed %d bytes of %d, %v", n, len(good), err)
	}
	if n, again := g.Sift([]byte(good), nil); n != 0 || again != g.verdict {
		t.Errorf("then %d bytes, %v", n, again)
	}
}
