package messages

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCloseValidate(t *testing.T) {
	for _, code := range []CloseCode{0, 1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 4999} {
		if err := (&Close{Code: code, Reason: strings.Repeat("é", 61)}).Validate(); err != nil {
			t.Errorf("%d: %v", code, err)
		}
	}
	for _, code := range []CloseCode{1, 999, 1004, 1005, 1006, 1015, 2000, 2999, 5000, 65535} {
		var refused *CloseCodeError
		if err := (&Close{Code: code}).Validate(); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%d: %v", code, err)
		}
	}
	if err := (&Close{Reason: strings.Repeat("x", 123)}).Validate(); err != nil {
		t.Error(err)
	}
	for _, reason := range []string{strings.Repeat("x", 124), "\xff"} {
		var refused *CloseReasonError
		if err := (&Close{Reason: reason}).Validate(); !errors.As(err, &refused) {
			t.Errorf("%q: %v", reason, err)
		}
	}
}

func TestSendValidate(t *testing.T) {
	for _, m := range []*Send{Text(""), Text("é"), Binary([]byte{0xff}), Binary(nil)} {
		if err := m.Validate(); err != nil {
			t.Errorf("%v: %v", m, err)
		}
	}
	var text *InvalidUTF8Error
	if err := TextBytes([]byte{0xff}).Validate(); !errors.As(err, &text) {
		t.Error(err)
	}
	var kind *InvalidTypeError
	if err := (&Send{}).Validate(); !errors.As(err, &kind) {
		t.Error(err)
	}
}

// Every error is found through what wraps it, leads to its cause, and says
// something.
func TestErrors(t *testing.T) {
	cause := errors.New("cause")
	for _, err := range []error{
		&DialError{URL: "ws://x", Err: cause}, &HandshakeError{URL: "ws://x", Status: 503, Err: cause},
		&HandshakeError{URL: "ws://x", Err: cause}, &ReadError{Err: cause}, &ProtocolError{Err: cause}, &WriteError{Err: cause},
	} {
		if !errors.Is(fmt.Errorf("wrapped: %w", err), cause) || err.Error() == "" {
			t.Errorf("%T hides its cause", err)
		}
	}
	for _, err := range []error{
		&HeartbeatError{}, &PeerClosedError{Code: 1000}, &PeerClosedError{Code: 4000, Reason: "why"}, &HandlerError{},
		&InternalError{}, &QueueFullError{}, &DroppedError{}, &MessageTooLargeError{}, &ClosedError{}, &InvalidUTF8Error{},
		&InvalidTypeError{}, &CloseCodeError{}, &CloseReasonError{}, &UnknownMessageError{}, &OptionError{},
	} {
		if err.Error() == "" {
			t.Errorf("%T says nothing", err)
		}
	}
}

func TestStrings(t *testing.T) {
	for want, got := range map[string]fmt.Stringer{
		"connecting": StateConnecting, "open": StateOpen, "closing": StateClosing, "closed": StateClosed,
		"ReadyState(9)": ReadyState(9), "text": TypeText, "binary": TypeBinary, "unknown": Type(0),
		"1000 normal closure": CloseNormal, "4001": CloseCode(4001),
	} {
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
