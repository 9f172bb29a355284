package ws

import (
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// urlAsSent returns a URL as it goes on the wire, as browsers write it: url.Parse
// leaves a query as it was.
func urlAsSent(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	name, err := ASCIIName(u.Hostname())
	if err != nil {
		return "", err
	}
	if name != u.Hostname() {
		u.Host = strings.Replace(u.Host, u.Hostname(), name, 1)
	}
	u.RawQuery = EncodeQuery(u.RawQuery)
	return u.String(), nil
}

// ASCIIName returns the name of a host as it is resolved (RFC 5891).
func ASCIIName(name string) (string, error) {
	for _, c := range []byte(name) {
		if c >= 0x80 {
			return idnaName(name)
		}
	}
	return name, nil
}

func idnaName(name string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(name)
	if err == nil && ascii == "" { // a soft hyphen, say: where there is no host it would be this machine
		err = fmt.Errorf("%q is no name of a host", name)
	}
	return ascii, err
}

// EncodeQuery encodes the bytes that browsers do (URL Standard, section 1.3: the
// special-query percent-encode set).
func EncodeQuery(query string) string {
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

var ports = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// address returns where to dial for a URL.
func address(u *url.URL) string {
	name, err := ASCIIName(u.Hostname())
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
