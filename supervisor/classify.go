package supervisor

import (
	"errors"
	"slices"

	"github.com/sockvisor/sockvisor/messages"
)

// OnCloseCodes is a [Policy] Stop for the reasons in which the peer closed
// with one of the codes.
func OnCloseCodes(codes ...messages.CloseCode) func(reason error) bool {
	return func(reason error) bool {
		var closed *messages.PeerClosedError
		return errors.As(reason, &closed) && slices.Contains(codes, closed.Code)
	}
}
