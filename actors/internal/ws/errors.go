package ws

import (
	"compress/flate"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// ReadError tells the peer's close frame from what is against the rules, and that from
// a broken socket. It is for an error of the socket, too, where that was read without
// Next.
func (c *Conn) ReadError(err error) error {
	closed, isClose := errs.As[*wire.PeerClosed](err)
	against, isAgainst := errs.As[*wire.Violation](err)
	switch {
	case isClose:
		return &messages.PeerClosedError{Code: messages.CloseCode(closed.Code), Reason: closed.Reason}
	case isAgainst:
		return c.refused(against)
	case corrupt(err):
		return c.refused(&wire.Violation{Code: wire.CloseProtocolError, Text: "compressed data that are corrupt"})
	case c.writingFailed(err):
		return &messages.WriteError{Err: err} // of a pong
	default:
		return &messages.ReadError{Err: err}
	}
}

// refused is what reading ends with for what the peer should not have sent.
func (c *Conn) refused(v *wire.Violation) error {
	switch v.Code {
	case wire.CloseInvalidPayload:
		return &messages.ReadError{Err: &messages.InvalidUTF8Error{}}
	case wire.CloseMessageTooBig:
		return &messages.ReadError{Err: &messages.ReadLimitError{Limit: c.Socket.Limit()}}
	default:
		return &messages.ProtocolError{Err: v}
	}
}

// corrupt reports whether an error is that of an inflater.
func corrupt(err error) bool {
	return errs.Is[flate.CorruptInputError](err) || errs.Is[flate.InternalError](err)
}

// writingFailed reports whether an error is why the socket can no longer be written to.
func (c *Conn) writingFailed(err error) bool {
	failure := c.Socket.Failure()
	return failure != nil && errs.Wraps(err, failure)
}
