package actors

import (
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpguts"

	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

func (c *settings) validate() error {
	for _, check := range []func() error{
		c.validateRole, c.validateHandler, c.validateHandshake, c.validateTimes, c.validateBounds,
		c.heartbeat.validate, c.correlation.validate, c.credentials.validate, c.maxAge.validate, c.validatePolicy,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *settings) validateRole() error {
	if c.foreign != "" {
		return invalid(c.foreign, "is not for this end of a connection")
	}
	if c.problem != nil {
		return c.problem
	}
	if c.role == server {
		return c.upgrade.origins.validate()
	}
	return c.validateURL()
}

func (c *settings) validateHandler() error {
	if c.way == "" {
		return invalid("WithHandler", "a handler is required")
	}
	if c.wayProblem != "" {
		return invalid(c.way, c.wayProblem)
	}
	return c.callbacks.validate(c.codec() != nil)
}

// validate refuses a callback that would never be called.
func (f *Callbacks) validate(codec bool) error {
	switch {
	case f == nil:
		return nil
	case f.OnMessage != nil && codec:
		return invalid("WithCallbacks", "OnMessage is never called with WithCodec: OnValue is")
	case f.OnValue != nil && !codec:
		return invalid("WithCallbacks", "OnValue is never called without WithCodec")
	}
	return nil
}

func (c *settings) validateURL() error {
	const option = "url"
	if c.url == "" {
		return invalid(option, "must not be empty")
	}
	u, err := url.Parse(c.url)
	switch {
	case err != nil:
		return invalid(option, unparsable(err))
	case u.Opaque != "":
		return invalid(option, "has no // after its scheme") // what is before a colon may be a user's name
	case !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme):
		return invalid(option, fmt.Sprintf("scheme %q is not ws, wss, http or https", u.Scheme))
	case u.Hostname() == "":
		return invalid(option, "has no host")
	case u.Fragment != "":
		return invalid(option, "must have no fragment (RFC 6455, section 3)")
	}
	if _, err := asciiName(u.Hostname()); err != nil {
		return invalid(option, err.Error())
	}
	c.host = u.Host
	return nil
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
	if err := c.validateHeader(); err != nil {
		return err
	}
	for i, name := range c.subprotocols { // which may be a login: pages have no other place for one
		switch {
		case !httpguts.ValidHeaderFieldName(name): // a token, as that is
			return invalid("WithSubprotocols", fmt.Sprintf("name %d is no token (RFC 6455, section 4.1)", i+1))
		case slices.Contains(c.subprotocols[:i], name):
			return invalid("WithSubprotocols", fmt.Sprintf("name %d is there twice", i+1))
		}
	}
	if c.dialContext == nil {
		return invalid("WithDialContext", "must not be nil")
	}
	if c.compression < websocket.CompressionDisabled || c.compression > websocket.CompressionNoContextTakeover {
		return invalid("WithCompression", fmt.Sprintf("unknown mode %d", c.compression))
	}
	return nil
}

// validateHeader refuses headers that the handshake writes itself, and those that
// net/http would leave out or change without a word.
func (c *config) validateHeader() error {
	const option = "WithHeader"
	hosts := 0
	for name, values := range c.header {
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

func (c *config) validateTimes() error {
	switch {
	case c.handshakeTimeout <= 0:
		return invalid("WithHandshakeTimeout", "must be positive")
	case c.writeTimeout <= 0:
		return invalid("WithWriteTimeout", "must be positive")
	case c.closeTimeout <= 0:
		return invalid("WithCloseTimeout", "must be positive")
	}
	return nil
}

func (c *config) validateBounds() error {
	switch {
	case c.readLimit <= 0:
		return invalid("WithReadLimit", "must be positive")
	case c.sends.Messages <= 0 || c.sends.Messages > sendqueue.MaxMessages:
		return invalid("WithQueue", fmt.Sprintf("messages must be 1 to %d", sendqueue.MaxMessages))
	case c.sends.Bytes <= 0 || c.sends.Bytes > sendqueue.MaxBytes:
		return invalid("WithQueue", fmt.Sprintf("bytes must be 1 to %d", int64(sendqueue.MaxBytes)))
	case c.maxUnhandled <= 0:
		return invalid("WithMaxUnhandled", "must be positive")
	}
	return c.overflow.validate()
}

func (c *config) validatePolicy() error {
	if c.policy == nil {
		return nil
	}
	return c.policy.Validate()
}

func (o Overflow) validate() error {
	if o < RejectNewest || o > CloseConnection {
		return invalid("WithOverflow", fmt.Sprintf("unknown policy %d", o))
	}
	return nil
}

func (c *correlation) validate() error {
	switch {
	case c == nil:
		return nil
	case c.correlate == nil:
		return invalid("WithCorrelation", "must not be nil")
	case c.maximum < 0:
		return invalid("WithCorrelation", "maximum must not be negative")
	}
	return nil
}

func (m maxAge) validate() error {
	switch {
	case m.age < 0:
		return invalid("WithMaxAge", "must be positive")
	case !(m.jitter >= 0 && m.jitter <= 1):
		return invalid("WithMaxAge", "jitter must be 0 to 1")
	}
	return nil
}

func (c *credentialsConfig) validate() error {
	switch {
	case c == nil:
		return nil
	case c.provide == nil:
		return invalid("WithCredentials", "must not be nil")
	case c.timeout < 0:
		return invalid("WithCredentials", "timeout must not be negative")
	}
	return nil
}

func (o *originConfig) validate() error {
	for _, pattern := range o.patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return invalid("WithOriginPatterns", "bad pattern "+pattern)
		}
	}
	return nil
}

func (h *heartbeatConfig) validate() error {
	switch {
	case h.reply != nil && !h.reply.complete():
		return invalid("WithHeartbeatReply", "question and answer must not be empty")
	case h.reply != nil && !h.reply.valid():
		return invalid("WithHeartbeatReply", "question and answer must be UTF-8")
	case h.off && h.rule != nil:
		return invalid("WithHeartbeatRule", "there is no heartbeat, by WithoutHeartbeat")
	case h.off:
		return nil
	case h.keepalive.Interval <= 0:
		return invalid("WithHeartbeat", "interval must be positive")
	case h.keepalive.Timeout <= 0:
		return invalid("WithHeartbeat", "timeout must be positive")
	case h.payload != nil && !h.payload.complete():
		return invalid("WithPayloadHeartbeat", "ping and pong must not be empty")
	case h.payload != nil && !h.payload.valid():
		return invalid("WithPayloadHeartbeat", "ping and pong must be UTF-8")
	}
	return nil
}

func (e *exchange) complete() bool { return len(e.ask) > 0 && len(e.answer) > 0 }

func (e *exchange) valid() bool { return utf8.Valid(e.ask) && utf8.Valid(e.answer) }

func invalid(option, problem string) error {
	return &messages.OptionError{Option: option, Problem: problem}
}

// validate checks them as the options that they replace are checked.
func (c Credentials) validate(config *config) error {
	s := settings{config: *config, url: c.URL}
	s.header, s.subprotocols = c.Header, c.Subprotocols
	if err := s.validateURL(); err != nil {
		return err
	}
	return s.validateHandshake()
}
