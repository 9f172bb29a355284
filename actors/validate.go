package actors

import (
	"fmt"
	"unicode/utf8"

	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// validate refuses what makes no sense. A client's URL, or a server's origins, are looked at
// before: see validatePeer.
func (c *config) validate() error {
	for _, check := range []func() error{
		c.validateHandshake, c.validateTimes, c.validateBounds,
		c.validateHeartbeat, c.correlation.validate, c.credentials.validate, c.maxAge.validate, c.validatePolicy,
	} {
		if err := check(); err != nil {
			return err
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
	case c.reading.MaxUnhandled <= 0:
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

func (c *correlationConfig) validate() error {
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

func (m maxAgeConfig) validate() error {
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

func (c *config) validateHeartbeat() error {
	h, reply, payload := &c.heartbeat, c.reading.Reply, c.reading.Payload
	switch {
	case reply != nil && !complete(reply):
		return invalid("WithHeartbeatReply", "question and answer must not be empty")
	case reply != nil && !valid(reply):
		return invalid("WithHeartbeatReply", "question and answer must be UTF-8")
	case h.off && h.rule != nil:
		return invalid("WithHeartbeatRule", "there is no heartbeat, by WithoutHeartbeat")
	case h.off:
		return nil
	case h.keepalive.Interval <= 0:
		return invalid("WithHeartbeat", "interval must be positive")
	case h.keepalive.Timeout <= 0:
		return invalid("WithHeartbeat", "timeout must be positive")
	case payload != nil && !complete(payload):
		return invalid("WithPayloadHeartbeat", "ping and pong must not be empty")
	case payload != nil && !valid(payload):
		return invalid("WithPayloadHeartbeat", "ping and pong must be UTF-8")
	}
	return nil
}

func complete(e *reader.Exchange) bool { return len(e.Ask) > 0 && len(e.Answer) > 0 }

func valid(e *reader.Exchange) bool { return utf8.Valid(e.Ask) && utf8.Valid(e.Answer) }

func invalid(option, problem string) error {
	return &messages.OptionError{Option: option, Problem: problem}
}
