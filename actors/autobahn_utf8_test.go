package actors_test

import (
	"fmt"
	"strings"
)

const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

// Section 6: UTF-8. What is not is refused with its first bad byte: of 6.4 the rest is
// not even sent.
func abUTF8() []abCase {
	cases := append(abTexts(), []abCase{
		{id: "6.1.1", frames: []fragment{text("")}, want: `text:""`},
		{id: "6.1.2", frames: []fragment{{head: 0x01}, {head: 0x00}, {head: 0x80}}, want: `text:""`},
		{id: "6.1.3", frames: []fragment{{head: 0x01}, {head: 0x00, payload: "middle"}, {head: 0x80}}, want: `text:"middle"`},
		{id: "6.2.1", frames: []fragment{text("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!")}, want: comesBack(text("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"))},
		{id: "6.2.2", frames: []fragment{{head: 0x01, payload: "Hello-\u00b5@\u00df\u00f6\u00e4"}, {head: 0x80, payload: "\u00fc\u00e0\u00e1-UTF-8!!"}}, want: comesBack(text("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"))},
		{id: "6.2.3", frames: cut(text("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"), 1), want: comesBack(text("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"))},
		{id: "6.2.4", frames: cut(text(kosme), 1), want: comesBack(text(kosme))},
		{id: "6.3.1", frames: []fragment{text(kosme + "\xed\xa0\x80edited")}, want: "close:1007"},
		{id: "6.3.2", frames: cut(text(kosme+"\xed\xa0\x80edited"), 1), want: "close:1007"},
		{id: "6.4.1", frames: []fragment{{head: 0x01, payload: kosme}, {head: 0x00, payload: "\xf4\x90\x80\x80"}}, want: "close:1007"},
		{id: "6.4.2", frames: []fragment{{head: 0x01, payload: kosme + "\xf4"}, {head: 0x00, payload: "\x90"}}, want: "close:1007"},
		{id: "6.4.3", frames: []fragment{{head: 0x81, payload: kosme + "\xf4\x90\x80\x80", more: 6}}, pieces: 5, want: "close:1007"},
		{id: "6.4.4", frames: []fragment{{head: 0x81, payload: kosme + "\xf4\x90", more: 8}}, pieces: 5, want: "close:1007"},
	}...)
	valid := []string{kosme, "\x00", "\u0080\u0800\U00010000", "\u20ac\U0001f600", "plain"}
	for i, payload := range valid {
		cases = append(cases, abCase{id: fmt.Sprintf("6.5.%d", i+1), frames: []fragment{text(payload)}, want: comesBack(text(payload))})
	}
	for size := 1; size <= len(kosme); size++ {
		want := "close:1007"
		if payload := kosme[:size]; strings.ToValidUTF8(payload, "") == payload {
			want = comesBack(text(payload))
		}
		cases = append(cases, abCase{id: fmt.Sprintf("6.6.%d", size), frames: []fragment{text(kosme[:size])}, want: want})
	}
	return cases
}

// abTexts are sequences that are, or are not, UTF-8 as a whole.
func abTexts() (cases []abCase) {
	all := func(from, to byte, tail string) (s string) {
		for b := int(from); b <= int(to); b++ {
			s += string([]byte{byte(b)}) + tail
		}
		return s
	}
	bad := map[string][]string{
		"6.8":  {"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"},
		"6.10": {"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"},
		"6.12": {"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf", all(0x80, 0xbf, "")},
		"6.13": {all(0xc0, 0xdf, " "), all(0xe0, 0xef, " "), all(0xf0, 0xf7, " "), all(0xf8, 0xfb, " "), all(0xfc, 0xfd, " ")},
		"6.14": {
			"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
			"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
		},
		"6.15": {"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf"},
		"6.16": {"\xfe", "\xff", "\xfe\xfe\xff\xff"},
		"6.17": {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"},
		"6.18": {"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"},
		"6.19": {"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"},
		"6.20": {"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"},
		"6.21": {
			"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf",
		},
	}
	good := map[string][]string{
		"6.7":  {"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"},
		"6.9":  {"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"},
		"6.11": {"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"},
		"6.23": {"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"},
	}
	for plane := range rune(17) {
		good["6.22"] = append(good["6.22"], string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	add := func(section string, i int, payload, want string) {
		cases = append(cases, abCase{id: fmt.Sprintf("%s.%d", section, i+1), frames: []fragment{text(payload)}, want: want})
	}
	for section, payloads := range bad {
		for i, payload := range payloads {
			add(section, i, payload, "close:1007")
		}
	}
	for section, payloads := range good {
		for i, payload := range payloads {
			add(section, i, payload, comesBack(text(payload)))
		}
	}
	add("6.11", 4, "\xf4\x90\x80\x80", "close:1007")
	return cases
}
