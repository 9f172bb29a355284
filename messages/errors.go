package messages

import (
	"fmt"
	"net/http"
	"time"
)

// Why a connection fails. Each is a pointer that errors.As finds. What they say is
// without secrets, in %#v too; what they hold is whole: see [Redact].

// DialError says that no server was reached: name resolution, TCP, proxy or TLS.
type DialError struct {
	URL string
	Err error
}

func (e *DialError) Error() string { return said("dial %s: %v", redactURL(e.URL), e.Err) }
func (e *DialError) Unwrap() error { return e.Err }

// ProxyError says that a proxy (actors.WithProxy) was not reached, or did not connect
// to the server. It is the Err of a DialError.
type ProxyError struct {
	// Proxy is its scheme and address, without credentials.
	Proxy string
	// Status is the HTTP status of its answer, or zero.
	Status int
	// Header is the answer's (Proxy-Authenticate), or nil.
	Header http.Header
	Err    error
}

func (e *ProxyError) Error() string {
	switch {
	case e.Status == 0:
		return said("proxy %s: %v", e.Proxy, e.Err)
	case e.Err == nil:
		return said("proxy %s: HTTP %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
	default:
		return said("proxy %s: HTTP %d %s: %v", e.Proxy, e.Status, http.StatusText(e.Status), e.Err)
	}
}
func (e *ProxyError) Unwrap() error { return e.Err }

// HandshakeError says that a server was reached and did not upgrade to
// WebSocket (RFC 6455, section 4.1).
type HandshakeError struct {
	URL string
	// Status is the HTTP status, or zero if the answer was not HTTP or none
	// came in time. Redirects are not followed, as in browsers: Status is 3xx.
	Status int
	// Header is the answer's (Retry-After, Location), or nil.
	Header http.Header
	// Body is the beginning of the answer's body, at most 1024 bytes.
	Body []byte
	Err  error
}

func (e *HandshakeError) Error() string {
	if e.Status != 0 && e.Status != http.StatusSwitchingProtocols {
		return said("handshake with %s: HTTP %d %s", redactURL(e.URL), e.Status, http.StatusText(e.Status))
	}
	return said("handshake with %s: %v", redactURL(e.URL), e.Err)
}
func (e *HandshakeError) Unwrap() error { return e.Err }

// ReadError says that the socket broke while reading, or that the peer sent a
// message over the read limit ([ReadLimitError], closed with 1009) or text that is not
// UTF-8 ([InvalidUTF8Error], 1007).
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return said("read: %v", e.Err) }
func (e *ReadError) Unwrap() error { return e.Err }

// ReadLimitError says that a message the peer sends has more than Limit bytes, as the
// header of a frame announces it, or once it is inflated.
type ReadLimitError struct{ Limit int64 }

func (e *ReadLimitError) Error() string {
	return fmt.Sprintf("message is over the read limit of %d bytes", e.Limit)
}

// ProtocolError says that the peer broke the protocol, for example with a frame
// that it did not mask. It was closed with 1002 (RFC 6455, section 7.4.1).
type ProtocolError struct{ Err error }

func (e *ProtocolError) Error() string { return said("protocol: %v", e.Err) }
func (e *ProtocolError) Unwrap() error { return e.Err }

// WriteError says that the socket broke, or took nothing for the write timeout,
// while writing.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return said("write: %v", e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }

// HeartbeatError says that the peer did not answer a heartbeat within After, or, if
// Err is not nil, that a heartbeat rule of the user's (actors.WithHeartbeatRule) gave
// it up for that reason. It is a net.Error whose Timeout is true.
type HeartbeatError struct {
	After time.Duration
	Err   error
}

func (e *HeartbeatError) Unwrap() error { return e.Err }

func (e *HeartbeatError) Error() string {
	if e.Err != nil {
		return said("heartbeat: %v", e.Err)
	}
	return fmt.Sprintf("heartbeat: no answer within %v", e.After)
}

// Timeout reports true (net.Error).
func (e *HeartbeatError) Timeout() bool { return true }

// Temporary reports true (net.Error).
func (e *HeartbeatError) Temporary() bool { return true }

// PeerClosedError says that the peer sent a close frame. It is the reason that
// a policy sees; the handler gets it as [Closed] alone.
type PeerClosedError struct {
	Code   CloseCode
	Reason string
}

func (e *PeerClosedError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("peer closed: %v", e.Code)
	}
	return said("peer closed: %v: %s", e.Code, e.Reason)
}

// HandlerError says that code of the user's panicked with Reason, or returned what it
// must not: the handler, or what the option In brought, for example
// "WithHeartbeatRule".
type HandlerError struct {
	Reason any
	In     string // empty for the handler
	// Stack is where it panicked (as debug.Stack has it), or nil if it did not. The
	// actor system's log has it too, at Error.
	Stack []byte
}

func (e *HandlerError) Error() string {
	if e.In != "" {
		return said("%s: %v", e.In, e.Reason)
	}
	return said("handler: %v", e.Reason)
}

// InternalError says that Sockvisor itself panicked with Reason: a bug, contained.
type InternalError struct {
	Reason any
	Stack  []byte // as in HandlerError
}

func (e *InternalError) Error() string { return said("internal: %v", e.Reason) }

// GaveUpError says why a connection is not tried again: see [Closed].
type GaveUpError struct {
	Cause GaveUpCause
	// Err is the last failure.
	Err error
}

// GaveUpCause is the rule by which retrying ended.
type GaveUpCause string

const (
	// GaveUpReason is a failure of a kind that would only repeat itself.
	GaveUpReason GaveUpCause = "there is no use in trying again"
	// GaveUpRefused is a handshake that was refused twice in a row, the second time
	// with fresh credentials.
	GaveUpRefused GaveUpCause = "refused again, with fresh credentials"
	// GaveUpAttempts is the policy's number of attempts.
	GaveUpAttempts GaveUpCause = "too many attempts"
	// GaveUpFirst is a first attempt that was to be the only one.
	GaveUpFirst GaveUpCause = "the first attempt failed"
)

func (e *GaveUpError) Error() string { return said("gave up: %s: %v", e.Cause, e.Err) }
func (e *GaveUpError) Unwrap() error { return e.Err }

// CredentialsError says that actors.WithCredentials had none for an attempt.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return said("credentials: %v", e.Err) }
func (e *CredentialsError) Unwrap() error { return e.Err }
