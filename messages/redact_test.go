package messages

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"ws://host:80/path":                     "ws://host:80/path",
		"wss://[::1]:80/a@b":                    "wss://[::1]:80/a@b",
		"ws://user:secret@host/?a=secret&b=":    "ws://xxxxx@host/?a=xxxxx&xxxxx",
		"ws://u:secret@h,ws://u:secret@i":       "ws://xxxxx@h,ws://xxxxx@i",
		"wss://gate/ws://u:secret@h/?a=secret":  "wss://gate/ws://xxxxx@h/?a=xxxxx",
		"ws://secret@host":                      "ws://xxxxx@host",
		"ws://user:sec/ret@host/x":              "ws://xxxxx@host/x",
		"ws://us@er:sec/ret?x@host/x":           "ws://xxxxx@host/x",
		"ws://host/?secret":                     "ws://host/?xxxxx",
		"ws://host/?c2VjcmV0==#secret":          "ws://host/?xxxxx#xxxxx",
		"ws://host/?a=secret;b=secret":          "ws://host/?a=xxxxx&b=xxxxx",
		"/ws?token=secret":                      "/ws?token=xxxxx",
		"really? no":                            "really? no",
		"proxy user:secret@host:3128 refuses":   "proxy xxxxx@host:3128 refuses",
		"dial ws://h/?a=secret: refused":        "dial ws://h/?a=xxxxx: refused",
		"dial ws://h/: lookup h: no such host":  "dial ws://h/: lookup h: no such host",
		`Get "http://h/?a=secret b": EOF`:       `Get "http://h/?a=xxxxx": EOF`,
		`x "Get \"http://u:secret@h/?a=b c\":"`: `x "Get \"http://xxxxx@h/?a=xxxxx":"`,
		"http://a/?x=secret http://b/?y=secret": "http://a/?x=xxxxx http://b/?y=xxxxx",
		"Authorization: Bearer secret":          "Authorization: xxxxx",
		"map[Cookie:[a=secret]]":                "map[Cookie: xxxxx",
		`{"Set-Cookie":["a=secret"]}`:           `{"Set-Cookie: xxxxx`,
		"two\nCookie: secret\nlines":            "two\nCookie: xxxxx\nlines",
		"://":                                   "://",
		"":                                      "",
	} {
		got := Redact(text)
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if again := Redact(got); again != got {
			t.Errorf("%s: then %s", got, again)
		}
	}
}

// What url.Parse takes for userinfo, query or fragment is in no text, however it is
// quoted, and Redact panics at nothing.
func FuzzRedact(f *testing.F) {
	for _, secret := range []string{"secret", "a:b", "a@b", "a/b", "a?b", `a"b`, "a b", "é", "a%20b", "=", "&x"} {
		f.Add(secret)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		Redact(secret)
		secret = "s3cr3t" + secret
		for _, raw := range []string{
			"ws://user:" + secret + "@host/path", "ws://" + secret + "@host/path", "ws://host/path?token=" + secret,
			"ws://host/path?a=b&" + secret, "ws://host/#" + secret,
		} {
			u, err := url.Parse(raw)
			if err != nil || strings.Contains(u.Host+u.Path, "s3cr3t") {
				continue
			}
			err = &DialError{URL: raw, Err: &url.Error{Op: "Get", URL: raw, Err: fmt.Errorf("no: %q", raw)}}
			if text := err.Error(); strings.Contains(strings.ReplaceAll(text, "&s3cr3t", ""), "s3cr3t") {
				t.Errorf("%s: %s", raw, text)
			}
		}
	})
}
