package messages

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
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
		&HeartbeatError{Err: cause}, &EncodeError{Err: cause},
	} {
		if !errors.Is(fmt.Errorf("wrapped: %w", err), cause) || err.Error() == "" {
			t.Errorf("%T hides its cause", err)
		}
	}
	for _, err := range []error{
		&HeartbeatError{}, &PeerClosedError{Code: 1000}, &PeerClosedError{Code: 4000, Reason: "why"}, &HandlerError{}, &HandlerError{In: "WithHeartbeatRule"},
		&InternalError{}, &QueueFullError{}, &DroppedError{}, &MessageTooLargeError{}, &ClosedError{}, &InvalidUTF8Error{}, &ReadLimitError{},
		&InvalidTypeError{}, &CloseCodeError{}, &CloseReasonError{}, &UnknownMessageError{}, &OptionError{}, &NoCodecError{},
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

func found[E error](err error) bool {
	var e E
	return errors.As(fmt.Errorf("wrapped: %w", err), &e)
}

// Every type of error is found through what wraps it.
func TestErrorsAs(t *testing.T) {
	for name, ok := range map[string]bool{
		"DialError":            found[*DialError](&DialError{}),
		"HandshakeError":       found[*HandshakeError](&HandshakeError{}),
		"ReadError":            found[*ReadError](&ReadError{}),
		"ReadLimitError":       found[*ReadLimitError](&ReadLimitError{}),
		"ProtocolError":        found[*ProtocolError](&ProtocolError{}),
		"WriteError":           found[*WriteError](&WriteError{}),
		"HeartbeatError":       found[*HeartbeatError](&HeartbeatError{}),
		"PeerClosedError":      found[*PeerClosedError](&PeerClosedError{}),
		"HandlerError":         found[*HandlerError](&HandlerError{}),
		"InternalError":        found[*InternalError](&InternalError{}),
		"QueueFullError":       found[*QueueFullError](&QueueFullError{}),
		"DroppedError":         found[*DroppedError](&DroppedError{}),
		"MessageTooLargeError": found[*MessageTooLargeError](&MessageTooLargeError{}),
		"ClosedError":          found[*ClosedError](&ClosedError{}),
		"InvalidUTF8Error":     found[*InvalidUTF8Error](&InvalidUTF8Error{}),
		"InvalidTypeError":     found[*InvalidTypeError](&InvalidTypeError{}),
		"CloseCodeError":       found[*CloseCodeError](&CloseCodeError{}),
		"CloseReasonError":     found[*CloseReasonError](&CloseReasonError{}),
		"UnknownMessageError":  found[*UnknownMessageError](&UnknownMessageError{}),
		"EncodeError":          found[*EncodeError](&EncodeError{}),
		"NoCodecError":         found[*NoCodecError](&NoCodecError{}),
		"OptionError":          found[*OptionError](&OptionError{}),
		"ExpiredError":         found[*ExpiredError](&ExpiredError{}),
		"ReplacedError":        found[*ReplacedError](&ReplacedError{}),
		"UnknownError":         found[*UnknownError](&UnknownError{}),
		"AskTimeoutError":      found[*AskTimeoutError](&AskTimeoutError{}),
		"AnswerLostError":      found[*AnswerLostError](&AnswerLostError{}),
		"TooManyAsksError":     found[*TooManyAsksError](&TooManyAsksError{}),
		"DuplicateAskError":    found[*DuplicateAskError](&DuplicateAskError{}),
		"GaveUpError":          found[*GaveUpError](&GaveUpError{}),
		"CredentialsError":     found[*CredentialsError](&CredentialsError{}),
	} {
		if !ok {
			t.Errorf("%s is not found", name)
		}
	}
}

// The codes between the lists of TestCloseValidate.
func TestCloseCodesAtTheEdges(t *testing.T) {
	for code, want := range map[CloseCode]bool{
		999: false, 1000: true, 1003: true, 1004: false, 1007: true, 1009: true, 1010: true,
		1014: true, 1015: false, 1016: false, 2000: false, 2999: false, 3000: true, 3999: true,
		4000: true, 4999: true, 5000: false,
	} {
		if code.Sendable() != want {
			t.Errorf("%d: %t", code, !want)
		}
	}
}

// A Drain names the field that makes no sense.
func TestDrainValidate(t *testing.T) {
	for _, d := range []Drain{
		{}, {Code: CloseServiceRestart}, {Over: time.Minute}, {Over: time.Second, Timeout: time.Second},
	} {
		if err := d.Validate(); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
	}
	for _, test := range []struct {
		drain Drain
		field string
	}{
		{Drain{Over: -1}, "Drain.Over"},
		{Drain{Timeout: -1}, "Drain.Timeout"},
		{Drain{Over: 2, Timeout: 1}, "Drain.Timeout"},
	} {
		var option *OptionError
		if err := test.drain.Validate(); !errors.As(err, &option) || option.Option != test.field {
			t.Errorf("%+v: %v", test.drain, err)
		}
	}
	var code *CloseCodeError
	if err := (&Drain{Code: 1005}).Validate(); !errors.As(err, &code) || code.Code != 1005 {
		t.Errorf("code 1005: %v", err)
	}
}
