package ws

import (
	"net/http"
	"net/url"
	"testing"
)

// A URL goes on the wire as browsers write it.
func TestURLAsSent(t *testing.T) {
	for raw, want := range map[string]string{
		"ws://host.test/a?b=c":      "ws://host.test/a?b=c",
		"ws://host.test/?q=a b":     "ws://host.test/?q=a%20b",
		"ws://host.test/?q=ä'<>\"`": "ws://host.test/?q=%C3%A4%27%3C%3E%22`",
		"ws://BÜCHER.test:81/":      "ws://xn--bcher-kva.test:81/",
		"ws://[::1]:80/":            "ws://[::1]:80/",
	} {
		if got, err := urlAsSent(raw); err != nil || got != want {
			t.Errorf("%s: %s, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"ws://ho st/", "ws://\u00ad/"} {
		if got, err := urlAsSent(raw); err == nil {
			t.Errorf("%q: %s", raw, got)
		}
	}
}

// Where to dial.
func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"http://host.test": "host.test:80", "https://host.test/": "host.test:443", "http://host.test:8080": "host.test:8080",
		"socks5://host.test": "host.test:1080", "https://[::1]": "[::1]:443", "http://bücher.test": "xn--bcher-kva.test:80",
		"http://\u00ad": "\u00ad:80",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := address(u); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func TestSplitHost(t *testing.T) {
	header := http.Header{"host": {"other.test"}, "X-More": {"1"}}
	if rest, host := splitHost(header); host != "other.test" || len(rest) != 1 || len(header) != 2 {
		t.Errorf("got %s, %v", host, rest)
	}
	if rest, host := splitHost(nil); host != "" || rest != nil {
		t.Errorf("got %s, %v", host, rest)
	}
}
