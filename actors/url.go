package actors

import (
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"github.com/sockvisor/sockvisor/messages"
)

// urlAsSent returns a URL as it goes on the wire, as browsers write it: url.Parse
// leaves a query as it was.
func urlAsSent(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	name, err := asciiName(u.Hostname())
	if err != nil {
		return "", err
	}
	if name != u.Hostname() {
		u.Host = strings.Replace(u.Host, u.Hostname(), name, 1)
	}
	u.RawQuery = encodeQuery(u.RawQuery)
	return u.String(), nil
}

// asciiName returns the name of a host as it is resolved (RFC 5891).
func asciiName(name string) (string, error) {
	for _, c := range []byte(name) {
		if c >= 0x80 {
			return idna.Lookup.ToASCII(name)
		}
	}
	return name, nil
}

// encodeQuery encodes the bytes that browsers do (URL Standard, section 1.3: the
// special-query percent-encode set).
func encodeQuery(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"#<>'`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// redactURL is messages.Redact for what is an URL as a whole. In a text, an URL is found
// by its scheme, which a server's has not, and a quote may end it.
func redactURL(raw string) string {
	const origin = "http://host"
	if path, query, found := strings.Cut(raw, "?"); found {
		raw = path + "?" + strings.ReplaceAll(encodeQuery(query), "`", "%60")
	}
	if !strings.HasPrefix(raw, "/") {
		return messages.Redact(raw)
	}
	return strings.TrimPrefix(messages.Redact(origin+raw), origin)
}

var ports = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// address returns where to dial for a URL.
func address(u *url.URL) string {
	name, err := asciiName(u.Hostname())
	if err != nil {
		name = u.Hostname()
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return net.JoinHostPort(name, port)
}

// splitHost takes Host out of headers: net/http has a field of its own for it.
func splitHost(header http.Header) (rest http.Header, host string) {
	rest = header
	for name, values := range header {
		if textproto.CanonicalMIMEHeaderKey(name) == "Host" {
			host = values[0]
			rest = header.Clone()
			delete(rest, name)
		}
	}
	return rest, host
}
