package actors

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpguts"

	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// validatePeer refuses another end that cannot be: a client's URL, or the pages that a
// server takes.
func (c *config) validatePeer(url string) (err error) {
	if c.role == server {
		return c.upgrade.origins.validate()
	}
	c.host, err = hostOf(url)
	return err
}

// validate checks them as the options that they replace are checked.
func (c Credentials) validate() error {
	if _, err := hostOf(c.URL); err != nil {
		return err
	}
	if err := validateHeader(c.Header); err != nil {
		return err
	}
	return validateSubprotocols(c.Subprotocols)
}

func (o *originConfig) validate() error {
	for _, pattern := range o.patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return invalid("WithOriginPatterns", "bad pattern "+pattern)
		}
	}
	return nil
}

// hostOf returns the host of a URL that a connection can be opened to.
func hostOf(to string) (string, error) {
	const option = "url"
	if to == "" {
		return "", invalid(option, "must not be empty")
	}
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return "", invalid(option, unparsable(err))
	case u.Opaque != "":
		return "", invalid(option, "has no // after its scheme") // what is before a colon may be a user's name
	case !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme):
		return "", invalid(option, fmt.Sprintf("scheme %q is not ws, wss, http or https", u.Scheme))
	case u.Hostname() == "":
		return "", invalid(option, "has no host")
	case u.Fragment != "":
		return "", invalid(option, "must have no fragment (RFC 6455, section 3)")
	}
	if _, err := ws.ASCIIName(u.Hostname()); err != nil {
		return "", invalid(option, err.Error())
	}
	return u.Host, nil
}

// unparsable is why url.Parse refuses an URL, without the URL and without the part of
// it that is at fault, which may be a password's.
func unparsable(err error) string {
	var parse *url.Error
	if errors.As(err, &parse) {
		err = parse.Err
	}
	problem, _, _ := strings.Cut(err.Error(), `"`)
	return "cannot be parsed: " + strings.TrimSpace(problem)
}

func (c *config) validateHandshake() error {
	if err := validateHeader(c.header); err != nil {
		return err
	}
	if err := validateSubprotocols(c.subprotocols); err != nil {
		return err
	}
	if c.dialContext == nil {
		return invalid("WithDialContext", "must not be nil")
	}
	if c.compression < websocket.CompressionDisabled || c.compression > websocket.CompressionNoContextTakeover {
		return invalid("WithCompression", fmt.Sprintf("unknown mode %d", c.compression))
	}
	return nil
}

func validateSubprotocols(names []string) error {
	for i, name := range names { // which may be a login: pages have no other place for one
		switch {
		case !httpguts.ValidHeaderFieldName(name): // a token, as that is
			return invalid("WithSubprotocols", fmt.Sprintf("name %d is no token (RFC 6455, section 4.1)", i+1))
		case slices.Contains(names[:i], name):
			return invalid("WithSubprotocols", fmt.Sprintf("name %d is there twice", i+1))
		}
	}
	return nil
}

// validateHeader refuses headers that the handshake writes itself, and those that
// net/http would leave out or change without a word.
func validateHeader(header http.Header) error {
	const option = "WithHeader"
	hosts := 0
	for name, values := range header {
		if !httpguts.ValidHeaderFieldName(name) {
			return invalid(option, fmt.Sprintf("%q is no name of a header", name))
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return invalid(option, "the value of "+name+" has a character that may not be there")
			}
		}
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version",
			"Sec-Websocket-Extensions", "Sec-Websocket-Protocol":
			return invalid(option, name+" is written by the handshake")
		case "Content-Length", "Transfer-Encoding", "Trailer":
			return invalid(option, name+" is of a body, which a handshake has not")
		case "Host":
			hosts++
			if len(values) != 1 || hosts > 1 || values[0] == "" || !httpguts.ValidHostHeader(values[0]) {
				return invalid(option, "Host must be one valid host")
			}
		}
	}
	return nil
}
