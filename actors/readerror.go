package actors

import (
	"compress/flate"
	"io"

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
	case r.sock.failedWith(err):
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
		return &messages.ReadError{Err: &messages.ReadLimitError{Limit: r.sock.rules.Limit}}
	default:
		return &messages.ProtocolError{Err: v}
	}
}

// corrupt reports whether an error is that of an inflater.
func corrupt(err error) bool { return is[flate.CorruptInputError](err) || is[flate.InternalError](err) }

// failedWith reports whether an error is why the socket can no longer be written to.
func (s *socket) failedWith(err error) bool {
	failure := s.failure.Load()
	return failure != nil && wraps(err, *failure)
}

// readMessage reads a message to its end. The buffer goes back to the pool: the
// handler gets a copy of exactly the message's size. What was compressed may be too big
// only now, or no text.
func (b *buffer) readMessage(from io.Reader, kind messages.Type, limit int64) error {
	var text wire.TextCheck
	for {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = append(b.bytes, 0)[:len(b.bytes)]
		}
		n, err := from.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		added := b.bytes[len(b.bytes) : len(b.bytes)+n]
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > limit:
			return wire.TooBig(limit)
		case kind == messages.TypeText && !text.Add(added):
			return wire.NotUTF8()
		case wraps(err, io.EOF):
			return text.End()
		case err != nil:
			return err
		}
	}
}
