package ws

import (
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/messages"
)

// CloseCode returns the code with which this side closes for a reason, CloseAbnormal for none:
// nothing can be said to the peer then.
func CloseCode(reason error) messages.CloseCode {
	switch {
	case errs.Is[*messages.HandlerError](reason), errs.Is[*messages.InternalError](reason):
		return messages.CloseInternalError
	case errs.Is[*messages.ProtocolError](reason):
		return messages.CloseProtocolError
	case errs.Is[*messages.InvalidUTF8Error](reason):
		return messages.CloseInvalidPayload
	case errs.Is[*messages.ReadLimitError](reason):
		return messages.CloseMessageTooBig
	default:
		return messages.CloseAbnormal
	}
}

// CanHear reports whether a peer can still be told why its socket is closed.
func CanHear(reason error) bool {
	return errs.Is[*messages.PeerClosedError](reason) || CloseCode(reason) != messages.CloseAbnormal
}
