package actors

import (
	"compress/flate"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// readError tells the peer's close frame from what is against the rules, and that from
// a broken socket. The connection answers both: see farewell.
func (r *reader) readError(err error) error {
	closed, isClose := as[*wire.PeerClosed](err)
	against, isAgainst := as[*wire.Violation](err)
	switch {
	case isClose:
		return &messages.PeerClosedError{Code: messages.CloseCode(closed.Code), Reason: closed.Reason}
	case isAgainst:
		return r.refused(against)
	case corrupt(err):
		return r.refused(&wire.Violation{Code: wire.CloseProtocolError, Text: "compressed data that are corrupt"})
	case r.writingFailed(err):
		return &messages.WriteError{Err: err} // of a pong
	default:
		return &messages.ReadError{Err: err}
	}
}

// refused is what the reader ends with for what the peer should not have sent.
func (r *reader) refused(v *wire.Violation) error {
	switch v.Code {
	case wire.CloseInvalidPayload:
		return &messages.ReadError{Err: &messages.InvalidUTF8Error{}}
	case wire.CloseMessageTooBig:
		return &messages.ReadError{Err: &messages.ReadLimitError{Limit: r.sock.Limit()}}
	default:
		return &messages.ProtocolError{Err: v}
	}
}

// corrupt reports whether an error is that of an inflater.
func corrupt(err error) bool { return is[flate.CorruptInputError](err) || is[flate.InternalError](err) }

// writingFailed reports whether an error is why the socket can no longer be written to.
func (r *reader) writingFailed(err error) bool {
	failure := r.sock.Failure()
	return failure != nil && wraps(err, failure)
}
