package actors

import (
	"context"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/messages"
)

// fresh returns what the attempt is made with.
func (a *dialAttempt) fresh(ctx context.Context) (Credentials, error) {
	fixed := Credentials{URL: a.conn.url, Header: a.conn.config.header, Subprotocols: a.conn.config.subprotocols}
	if a.conn.config.credentials == nil {
		return fixed, nil
	}
	given, err := a.provide(ctx)
	if err == nil {
		given = given.or(fixed)
		err = given.validate()
	}
	if err != nil {
		return given, &messages.CredentialsError{Err: err}
	}
	return given, nil
}

// provide asks a function that need not heed its context.
func (a *dialAttempt) provide(ctx context.Context) (given Credentials, err error) {
	defer blame.Contained("WithCredentials", &err)
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
