package actors_test

import (
	"fmt"
	"strings"
	"testing"
)

// A compressed message may end in a final block of DEFLATE, or have some inside (RFC
// 7692, sections 7.2.1 and 7.2.3.4): the next is read as ever, and may refer to it.
func TestFinalBlocks(t *testing.T) {
	const (
		final   = "\xf3\x48\xcd\xc9\xc9\x07\x00" // Hello
		refers  = "\xf2\x00\x11\x00\x00"         // to a Hello before it
		noBlock = "\x00"
	)
	packed := func(payload string) fragment { return fragment{head: 0xc1, payload: payload} }
	hello, twice := comesBack(text("Hello")), comesBack(text("HelloHello"))
	last, first := fragment{head: 0x80, payload: final[2:] + noBlock}, fragment{head: 0x41, payload: final[:2]}
	many, tooMany := strings.Repeat(final, 16), strings.Repeat(final, 2000) // each costs more than to inflate it
	cases := []abCase{
		{frames: []fragment{packed(final + noBlock), packed(refers)}, want: hello + " " + hello},
		{frames: []fragment{packed(final), packed(refers)}, want: hello + " " + hello},
		{frames: []fragment{packed(final + refers), packed(final + final), packed(refers)}, want: twice + " " + twice + " " + hello},
		{frames: []fragment{first, ping("x"), last, text("x"), packed(refers)}, want: `pong:"x" ` + hello + ` text:"x" ` + hello},
		{frames: []fragment{packed(many), text("x"), packed(refers)}, want: comesBack(text(strings.Repeat("Hello", 16)), text("x")) + " " + hello},
		{frames: []fragment{packed(tooMany), text("x")}, want: "close:1002"},
		{frames: []fragment{packed(noBlock), packed(""), packed(final), text(""), packed(refers)}, want: `text:"" text:"" ` + hello + ` text:"" ` + hello},
		{frames: []fragment{packed(final + "\xff"), text("")}, want: "close:1002"},
		{frames: []fragment{packed(final), packed("\xff"), text("")}, want: hello + " close:1002"},
	}
	alone := []abCase{
		{frames: []fragment{packed(final + noBlock), packed(final + refers), packed(final)}, want: hello + " " + twice + " " + hello},
		{frames: []fragment{packed(final), packed(refers), text("")}, want: hello + " close:1002"},
	}
	for _, s := range append(sides(), side{secure: true, deflates: true}, side{server: true, secure: true, deflates: true}) {
		if !s.deflates {
			continue
		}
		meet := s.arena(t, echoing)
		for i, c := range cases {
			for _, c.pieces = range []int{0, 1, 5, 1 << 20} {
				c.id = fmt.Sprint(s, ", case ", i, ", pieces ", c.pieces)
				c.run(t, meet(t, ""))
			}
		}
		for i, c := range alone {
			if c.id = fmt.Sprint(s, ", alone ", i); s.server {
				c.run(t, meet(t, "permessage-deflate; client_no_context_takeover"))
			}
		}
	}
}
