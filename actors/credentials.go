package actors

import (
	"context"
	"net/http"
	"time"

	"github.com/sockvisor/sockvisor/messages"
)

// DefaultCredentialsTimeout is that of a WithCredentials that does not say.
const DefaultCredentialsTimeout = 10 * time.Second

// Credentials are what an attempt is made with. A field that is empty means that of
// [Connect].
type Credentials struct {
	URL          string
	Header       http.Header
	Subprotocols []string
}

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

// fresh returns what an attempt is made with.
func (c *Conn) fresh(ctx context.Context) (Credentials, error) {
	fixed := Credentials{URL: c.url, Header: c.config.header, Subprotocols: c.config.subprotocols}
	if c.config.credentials == nil {
		return fixed, nil
	}
	given, err := c.config.credentials.ask(ctx)
	if err == nil {
		given = given.or(fixed)
		err = given.validate(c.config)
	}
	if err != nil {
		return given, &messages.CredentialsError{Err: err}
	}
	return given, nil
}

// ask does not wait for a function that does not heed its context.
func (c *credentialsConfig) ask(ctx context.Context) (Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	type result struct {
		given Credentials
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() { done <- r }()
		defer contained("WithCredentials", &r.err)
		r.given, r.err = c.provide(ctx)
	}()
	select {
	case r := <-done:
		return r.given, r.err
	case <-ctx.Done():
		return Credentials{}, ctx.Err()
	}
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
