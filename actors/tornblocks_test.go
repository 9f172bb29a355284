package actors_test

import (
	"fmt"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
)

// A compressed message that breaks off inside a block of DEFLATE is no shorter message, but
// data that are corrupt (RFC 7692, section 7.2.2). One that ends with a block, and not with
// what says so, is whole.
func TestBlocksWithoutEnd(t *testing.T) {
	packed := func(payload string) fragment { return fragment{head: 0xc2, payload: payload} }
	hello := packed("\xf2\x48\xcd\xc9\xc9\x07\x00")
	cases := []abCase{
		{frames: []fragment{hello, packed("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f"), hello}, want: comesBack(binaries("Hello"), binaries("Hello"), binaries("Hello"))},
		{frames: []fragment{hello, packed("\xf2\x48\xcd\xc9\xc9\x07\x04"), hello}, want: comesBack(binaries("Hello"), binaries("Hello"), binaries("Hello"))},
	}
	for _, torn := range []string{
		"\xf2\x48\xcd", "\xf2\x48\xcd\xc9\xc9\x07", "\xf3\x48\xcd\xc9\xc9", // with the codes of RFC 1951
		"\x00\x05\x00\xfa\xff\x48\x65", "\x01\x05\x00\xfa\xff\x48\x65\x6c", "\x00\x05\x00", // not compressed
		"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\xf2\x48", // after a block that is whole
		"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48",
	} {
		in := len(torn) - 2
		cases = append(cases, abCase{frames: []fragment{packed(torn), text("x")}, want: "close:1002"}, abCase{
			frames: []fragment{hello, {head: 0x42, payload: torn[:in]}, {head: 0x80, payload: torn[in:]}, text("x")},
			want:   comesBack(binaries("Hello")) + " close:1002",
		})
	}
	for _, s := range append(sides(), side{secure: true, deflates: true}, side{server: true, secure: true, deflates: true}) {
		for _, mode := range []websocket.CompressionMode{websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover} {
			if !s.deflates {
				continue
			}
			meet := s.arena(t, echoing, actors.WithCompression(mode))
			for i, c := range cases {
				for _, c.pieces = range []int{0, 1} {
					c.id = fmt.Sprint(s, ", mode ", mode, ", case ", i, ", pieces ", c.pieces)
					c.run(t, meet(t, ""))
				}
			}
		}
	}
}
