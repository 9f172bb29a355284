package actors

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// DefaultCredentialsTimeout is that of a WithCredentials that does not say.
const DefaultCredentialsTimeout = 10 * time.Second

// Credentials are what an attempt is made with. A field that is empty means that of
// [Connect]. Printed or logged, they show no secret.
type Credentials struct {
	URL          string
	Header       http.Header
	Subprotocols []string
}

// String says where they are for, and which headers they have.
func (c Credentials) String() string {
	return fmt.Sprintf("credentials for %q with headers %q", messages.Redact(c.URL), slices.Sorted(maps.Keys(c.Header)))
}

// GoString is String: %#v would print all.
func (c Credentials) GoString() string { return c.String() }

// LogValue implements slog.LogValuer.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Provide returns the credentials of the attempt that is about to be made, or an error,
// which is the attempt's. ctx ends with the timeout, and when the connection is closed.
type Provide func(ctx context.Context) (Credentials, error)

// WithCredentials has fresh credentials for every attempt, the first too: a token that
// was good an hour ago may not be. Provide runs on a goroutine of its own, after the
// governor has given the connection its turn, for at most so long (zero:
// [DefaultCredentialsTimeout]). If it fails, the attempt has, with a
// [messages.CredentialsError]. To the governor the attempt is one to the host of
// Connect's URL. Only for [Connect].
func WithCredentials(provide Provide, timeout time.Duration) Option {
	if timeout == 0 {
		timeout = DefaultCredentialsTimeout
	}
	return func(c *settings) {
		c.only(client, "WithCredentials")
		c.credentials = &credentialsConfig{provide: provide, timeout: timeout}
	}
}

type credentialsConfig struct {
	provide Provide
	timeout time.Duration
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

// fresh returns what the attempt is made with.
func (a *dialAttempt) fresh(ctx context.Context) (Credentials, error) {
	fixed := Credentials{URL: a.conn.url, Header: a.conn.config.header, Subprotocols: a.conn.config.subprotocols}
	if a.conn.config.credentials == nil {
		return fixed, nil
	}
	given, err := a.provide(ctx)
	if err == nil {
		given = given.or(fixed)
		err = given.validate(a.conn.config)
	}
	if err != nil {
		return given, &messages.CredentialsError{Err: err}
	}
	return given, nil
}

// provide asks a function that need not heed its context.
func (a *dialAttempt) provide(ctx context.Context) (given Credentials, err error) {
	defer contained("WithCredentials", &err)
	c := a.conn.config.credentials
	ctx, stop := a.limit(ctx, c.timeout, func(err error) error { return &messages.CredentialsError{Err: err} })
	defer func() {
		if !stop() {
			err = ctx.Err()
		}
	}()
	return c.provide(ctx)
}

func (c Credentials) or(other Credentials) Credentials {
	if c.URL == "" {
		c.URL = other.URL
	}
	if c.Header == nil {
		c.Header = other.Header
	}
	if c.Subprotocols == nil {
		c.Subprotocols = other.Subprotocols
	}
	return c
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
