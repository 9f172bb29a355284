package actors_test

import (
	"fmt"
	"slices"
	"strings"
)

// Section 1: text and binary messages of every kind of length.
func abFraming() (cases []abCase) {
	for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
		pieces := 0
		if i == 7 {
			pieces = 997
		}
		for kind, f := range []fragment{text(strings.Repeat("*", size)), binaries(strings.Repeat("\xfe", size))} {
			cases = append(cases, abCase{
				id: fmt.Sprintf("1.%d.%d", kind+1, i+1), frames: []fragment{f}, pieces: pieces, want: comesBack(f),
			})
		}
	}
	return cases
}

// Section 2: pings and pongs.
func abPings() []abCase {
	long := strings.Repeat("\xfe", 125)
	many := make([]fragment, 10)
	for i := range many {
		many[i] = ping(fmt.Sprintf("payload-%d", i))
	}
	pong := fragment{head: 0x8a, payload: "unsolicited pong payload"}
	return []abCase{
		{id: "2.1", frames: []fragment{ping("")}, want: "pong:\"\""},
		{id: "2.2", frames: []fragment{ping("Hello,_world!")}, want: "pong:\"Hello,_world!\""},
		{id: "2.3", frames: []fragment{ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")}, want: comesBack(ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff"))},
		{id: "2.4", frames: []fragment{ping(long)}, want: comesBack(ping(long))},
		{id: "2.5", frames: []fragment{ping(long + "\xfe")}, want: "close:1002"},
		{id: "2.6", frames: []fragment{ping(long)}, pieces: 1, want: comesBack(ping(long))},
		{id: "2.7", frames: []fragment{{head: 0x8a}}},
		{id: "2.8", frames: []fragment{pong}},
		{id: "2.9", frames: []fragment{pong, ping("ping")}, want: comesBack(ping("ping"))},
		{id: "2.10", frames: many, want: comesBack(many...)},
		{id: "2.11", frames: many, pieces: 1, want: comesBack(many...)},
	}
}

// Sections 3 and 4: reserved bits and opcodes.
func abReserved() []abCase {
	hello, again := text("Hello,_world!"), func(head byte) fragment { return fragment{head: head, payload: "Hello,_world!"} }
	refused, after := "close:1002", comesBack(hello)+" close:1002"
	return []abCase{
		{id: "3.1", frames: []fragment{again(0x91)}, want: refused},
		{id: "3.2", frames: []fragment{hello, again(0xa1), ping("")}, want: after},
		{id: "3.3", frames: []fragment{hello, again(0xb1), ping("")}, pieces: 20, want: after},
		{id: "3.4", frames: []fragment{hello, again(0xc1), ping("")}, pieces: 1, want: after},
		{id: "3.5", frames: []fragment{{head: 0xd2, payload: "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"}}, want: refused},
		{id: "3.6", frames: []fragment{again(0xe9)}, want: refused},
		{id: "3.7", frames: []fragment{{head: 0xf8, payload: "\x03\xe8"}}, want: refused},
		{id: "4.1.1", frames: []fragment{{head: 0x83}}, want: refused},
		{id: "4.1.2", frames: []fragment{{head: 0x84, payload: "reserved"}}, want: refused},
		{id: "4.1.3", frames: []fragment{hello, {head: 0x85}, ping("")}, want: after},
		{id: "4.1.4", frames: []fragment{hello, again(0x86), ping("")}, want: after},
		{id: "4.1.5", frames: []fragment{hello, again(0x87), ping("")}, pieces: 1, want: after},
		{id: "4.2.1", frames: []fragment{{head: 0x8b}}, want: refused},
		{id: "4.2.2", frames: []fragment{{head: 0x8c, payload: "reserved"}}, want: refused},
		{id: "4.2.3", frames: []fragment{hello, {head: 0x8d}, ping("")}, want: after},
		{id: "4.2.4", frames: []fragment{hello, again(0x8e), ping("")}, want: after},
		{id: "4.2.5", frames: []fragment{hello, again(0x8f), ping("")}, pieces: 1, want: after},
	}
}

// Section 5: fragments.
func abFragments() (cases []abCase) {
	first, last, middle := fragment{head: 0x01, payload: "fragment1"}, fragment{head: 0x80, payload: "fragment2"}, fragment{head: 0x00, payload: "fragment2"}
	whole := comesBack(text("fragment1fragment2"))
	pinged := "pong:\"ping\" " + whole
	const refused = "close:1002"
	add := func(id, want string, pieces int, frames ...fragment) {
		cases = append(cases, abCase{id: id, frames: frames, pieces: pieces, want: want})
	}
	add("5.1", refused, 0, fragment{head: 0x09, payload: "fragment1"}, last)
	add("5.2", refused, 0, fragment{head: 0x0a, payload: "fragment1"}, last)
	add("5.3", whole, 0, first, last)
	add("5.4", whole, 1, first, last)
	add("5.5", whole, 9, first, last)
	add("5.6", pinged, 0, first, ping("ping"), last)
	add("5.7", pinged, 1, first, ping("ping"), last)
	add("5.8", pinged, 9, first, ping("ping"), last)
	for i, nothing := range []fragment{last, middle} { // to continue
		hello := text("Hello,_world!")
		add(fmt.Sprintf("5.%d", 9+3*i), refused, 1<<20, nothing, hello)
		add(fmt.Sprintf("5.%d", 10+3*i), refused, 0, nothing, hello)
		add(fmt.Sprintf("5.%d", 11+3*i), refused, 1, nothing, hello)
	}
	add("5.15", whole+" "+refused, 0, first, last, middle, text("fragment4"))
	add("5.16", refused, 0, middle, first, last, middle, first, last)
	add("5.17", refused, 0, last, first, last, last, first, last)
	add("5.18", refused, 0, first, fragment{head: 0x81, payload: "fragment2"})
	part := func(n string) fragment { return fragment{head: 0x00, payload: "fragment" + n} }
	for i, pieces := range []int{0, 1} {
		add(fmt.Sprintf("5.%d", 19+i),
			"pong:\"pongme_1!\" pong:\"pongme_2!\" "+comesBack(text("fragment1fragment2fragment3fragment4fragment5")), pieces,
			first, part("2"), ping("pongme_1!"), part("3"), part("4"), ping("pongme_2!"), fragment{head: 0x80, payload: "fragment5"})
	}
	return cases
}

// Section 7: closing.
func abCloses() (cases []abCase) {
	add := func(id, want string, frames ...fragment) {
		cases = append(cases, abCase{id: id, frames: frames, want: want})
	}
	const normal = "\x03\xe8"
	hello := text("Hello,_world!")
	add("7.1.1", comesBack(hello), hello)
	add("7.1.2", "close:1000", closing(normal), closing(normal))
	add("7.1.3", "close:1000", closing(normal), ping("too_late"))
	add("7.1.4", "close:1000", closing(normal), hello)
	add("7.1.5", "close:1000", fragment{head: 0x01, payload: "fragment1"}, closing(normal), fragment{head: 0x80, payload: "fragment2"})
	long := text(strings.Repeat("BAsd7&jh23", 26_214))
	add("7.1.6", comesBack(long)+" close:1000", long, closing(normal), ping("too_late"))
	add("7.3.1", "close", closing(""))
	add("7.3.2", "close:1002", closing("a"))
	add("7.3.3", "close:1000", closing(normal))
	add("7.3.4", "close:1000", closing(normal+"Hello_World!"))
	add("7.3.5", "close:1000", closing(normal+strings.Repeat("*", 123)))
	add("7.3.6", "close:1002", closing(normal+strings.Repeat("*", 124)))
	add("7.5.1", "close:1007", closing(normal+"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"))
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014} {
		add(fmt.Sprintf("7.7.%d", i+1), fmt.Sprintf("close:%d", code), closing(string([]byte{byte(code >> 8), byte(code)})))
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		add(fmt.Sprintf("7.9.%d", i+1), "close:1002", closing(string([]byte{byte(code >> 8), byte(code)})))
	}
	for i, code := range []int{5000, 65535} {
		add(fmt.Sprintf("7.13.%d", i+1), "close:1002", closing(string([]byte{byte(code >> 8), byte(code)})))
	}
	return cases
}

// Sections 9 and 10: large messages, of up to 1 MiB here, in fragments and in pieces, and
// many of them; and one that a frontend cut.
func abLimits() (cases []abCase) {
	kinds := []struct {
		head byte
		of   string
	}{{0x81, "\u00f6"}, {0x82, "\xff\x00"}}
	for kind, k := range kinds {
		whole := func(size int) fragment { return fragment{head: k.head, payload: strings.Repeat(k.of, size/2)} }
		for i, size := range []int{64 << 10, 256 << 10, 1 << 20} {
			cases = append(cases, abCase{
				id: fmt.Sprintf("9.%d.%d", 1+kind, i+1), frames: []fragment{whole(size)}, want: comesBack(whole(size)),
			})
		}
		for i, size := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10} {
			cases = append(cases, abCase{
				id: fmt.Sprintf("9.%d.%d", 3+kind, i+1), frames: cut(whole(256<<10), size), want: comesBack(whole(256 << 10)),
			})
		}
		for i, pieces := range []int{64, 128, 256, 512, 1024, 2048} {
			cases = append(cases, abCase{
				id: fmt.Sprintf("9.%d.%d", 5+kind, i+1), frames: []fragment{whole(64 << 10)}, pieces: pieces, want: comesBack(whole(64 << 10)),
			})
		}
		for i, size := range []int{0, 16, 64, 256, 1024, 4096} {
			many := slices.Repeat([]fragment{whole(size)}, 50)
			cases = append(cases, abCase{id: fmt.Sprintf("9.%d.%d", 7+kind, i+1), frames: many, want: comesBack(many...)})
		}
	}
	long := text(strings.Repeat("*", 65536))
	return append(cases, abCase{id: "10.1.1", frames: cut(long, 1300), want: comesBack(long)})
}

// cut is a message in fragments of a size. They may end within a character.
func cut(f fragment, size int) (frames []fragment) {
	head := f.head &^ 0x80
	for ; len(f.payload) > size; head = 0x00 {
		frames = append(frames, fragment{head: head, payload: f.payload[:size]})
		f.payload = f.payload[size:]
	}
	return append(frames, fragment{head: 0x80 | head, payload: f.payload})
}

// Sections 12 and 13: compression, of texts and of what cannot be compressed, in one
// frame and in several, and each kind of offer.
func abCompression() (cases []abCase) {
	payloads := []string{
		strings.Repeat(`{"lorem":["ipsum",1.5e3,null,"dol\u00f6r"]},`, 3200),
		strings.Repeat("\x00\x01\x02\xff\xfe", 30_000), noise(131_072), strings.Repeat("*", 131_072), strings.Repeat("abc", 43_691),
	}
	sizes := []int{16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072}
	for kind, payload := range payloads {
		for i, size := range sizes {
			f := fragment{head: 0xc2, payload: payload[:size], deflate: true}
			many := slices.Repeat([]fragment{f}, 5)
			plain := binaries(payload[:size])
			cases = append(cases, abCase{
				id: fmt.Sprintf("12.%d.%d", kind+1, i+1), frames: many, want: comesBack(plain, plain, plain, plain, plain),
			})
		}
	}
	hello := fragment{head: 0xc1, payload: strings.Repeat("Hello,_world!", 50), deflate: true}
	plain := text(hello.payload)
	for i, extension := range []string{
		"permessage-deflate", "permessage-deflate; client_max_window_bits",
		"permessage-deflate; client_max_window_bits=9", "permessage-deflate; server_max_window_bits=15",
		"permessage-deflate; server_max_window_bits=9, permessage-deflate",
		"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=15",
		"permessage-deflate; foo, permessage-deflate; client_max_window_bits; server_max_window_bits=15",
	} {
		cases = append(cases, abCase{
			id: fmt.Sprintf("13.%d", i+1), frames: []fragment{hello, hello}, want: comesBack(plain, plain), extension: extension,
		})
	}
	return cases
}

// noise is what cannot be compressed.
func noise(size int) string {
	b, x := make([]byte, size), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}
