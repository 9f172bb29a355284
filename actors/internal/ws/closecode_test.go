package ws

import (
	"io"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

// With which code this side closes for what, and who can still hear it.
func TestCloseCode(t *testing.T) {
	for _, test := range []struct {
		reason error
		code   messages.CloseCode
		hears  bool
	}{
		{&messages.HandlerError{}, messages.CloseInternalError, true},
		{&messages.InternalError{}, messages.CloseInternalError, true},
		{&messages.ProtocolError{Err: io.EOF}, messages.CloseProtocolError, true},
		{&messages.ReadError{Err: &messages.InvalidUTF8Error{}}, messages.CloseInvalidPayload, true},
		{&messages.ReadError{Err: &messages.ReadLimitError{}}, messages.CloseMessageTooBig, true},
		{&messages.PeerClosedError{}, messages.CloseAbnormal, true},
		{&messages.ReadError{Err: io.EOF}, messages.CloseAbnormal, false},
		{nil, messages.CloseAbnormal, false},
	} {
		if code, hears := CloseCode(test.reason), CanHear(test.reason); code != test.code || hears != test.hears {
			t.Errorf("%v: %d, hears: %v", test.reason, code, hears)
		}
	}
}
