package messages

import (
	"fmt"
	"reflect"
	"time"
)

// Why a connection refuses a message. Each is a pointer that errors.As finds.

// QueueFullError says that a message did not fit into what is left of the queue.
type QueueFullError struct {
	Queued   int
	Buffered int64
}

func (e *QueueFullError) Error() string {
	return fmt.Sprintf("queue full: %d messages, %d bytes", e.Queued, e.Buffered)
}

// DroppedError says that a queued message was dropped to make room for newer ones.
type DroppedError struct{}

func (e *DroppedError) Error() string { return "dropped from a full queue for newer messages" }

// ExpiredError says that a message waited in the queue for longer than its TTL.
type ExpiredError struct{ TTL time.Duration }

func (e *ExpiredError) Error() string { return fmt.Sprintf("not sent within its TTL of %v", e.TTL) }

// ReplacedError says that a newer message with the same key took the message's place
// in the queue.
type ReplacedError struct{ Key string }

func (e *ReplacedError) Error() string {
	return said("replaced by a newer message with key %q", e.Key)
}

// InterceptedError says that an actors.Outgoing kept the message back.
type InterceptedError struct{}

func (e *InterceptedError) Error() string { return "kept back by an interceptor" }

// UnknownError says that a message was handed to a socket which then failed: see
// [Unknown].
type UnknownError struct {
	Epoch uint64
	Err   error
}

func (e *UnknownError) Error() string {
	return said("handed to the socket of epoch %d, which failed: %v", e.Epoch, e.Err)
}
func (e *UnknownError) Unwrap() error { return e.Err }

// Why an Ask has no answer. Each is a pointer that errors.As finds.

// AskTimeoutError says that no answer came in time. It is a net.Error whose Timeout
// is true.
type AskTimeoutError struct{ After time.Duration }

func (e *AskTimeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.After) }

// Timeout reports true (net.Error).
func (e *AskTimeoutError) Timeout() bool { return true }

// Temporary reports true (net.Error).
func (e *AskTimeoutError) Temporary() bool { return true }

// AnswerLostError says that the socket to which the question was written is gone, and
// the answer with it.
type AnswerLostError struct {
	Epoch uint64
	// Err is why the socket failed.
	Err error
}

func (e *AnswerLostError) Error() string {
	return said("the answer was lost with epoch %d: %v", e.Epoch, e.Err)
}
func (e *AnswerLostError) Unwrap() error { return e.Err }

// RotatedError says that a connection changed to a fresh socket: see
// actors.WithMaxAge.
type RotatedError struct{}

func (e *RotatedError) Error() string { return "changed to a fresh socket" }

// TooManyAsksError says that as many asks wait as may: see actors.WithCorrelation.
type TooManyAsksError struct{ Limit int }

func (e *TooManyAsksError) Error() string { return fmt.Sprintf("%d asks wait already", e.Limit) }

// DuplicateAskError says that an Ask with the same ID waits already.
type DuplicateAskError struct{ ID string }

func (e *DuplicateAskError) Error() string {
	return said("an ask with ID %q waits already", e.ID)
}

// MessageTooLargeError says that a message is larger than the whole queue.
type MessageTooLargeError struct {
	Size  int
	Limit int64
}

func (e *MessageTooLargeError) Error() string {
	return fmt.Sprintf("message of %d bytes is larger than the queue of %d bytes", e.Size, e.Limit)
}

// ClosedError says that the connection is closing or closed for good.
type ClosedError struct{}

func (e *ClosedError) Error() string { return "connection is closing or closed" }

// InvalidUTF8Error says that a text message is not UTF-8 (RFC 6455, section 8.1).
type InvalidUTF8Error struct{}

func (e *InvalidUTF8Error) Error() string { return "text message is not valid UTF-8" }

// InvalidTypeError says that a message is neither text nor binary.
type InvalidTypeError struct{ Type Type }

func (e *InvalidTypeError) Error() string {
	return fmt.Sprintf("message type %d is neither text nor binary", e.Type)
}

// CloseCodeError says that a close code may not be sent (RFC 6455, section 7.4).
type CloseCodeError struct{ Code CloseCode }

func (e *CloseCodeError) Error() string {
	return fmt.Sprintf("close code %d may not be sent", uint16(e.Code))
}

// CloseReasonError says that a close reason is over 123 bytes or not UTF-8.
type CloseReasonError struct{ Reason string }

func (e *CloseReasonError) Error() string {
	return fmt.Sprintf("close reason of %d bytes is over %d or not UTF-8", len(e.Reason), maxCloseReason)
}

// UnknownMessageError says that a connection has no use for a message of this
// type, for example a Send by value where a pointer was meant.
type UnknownMessageError struct{ Message any }

func (e *UnknownMessageError) Error() string {
	if hint := pointerTo(e.Message); hint != "" {
		return fmt.Sprintf("messages of type %T are not taken here: send a %s", e.Message, hint)
	}
	return fmt.Sprintf("messages of type %T are not taken here", e.Message)
}

// pointerTo names the pointer that was meant, if that is a message of this package.
func pointerTo(message any) string {
	t := reflect.TypeOf(message)
	if t == nil || t.Kind() != reflect.Struct || t.PkgPath() != reflect.TypeFor[Send]().PkgPath() {
		return ""
	}
	return "*" + t.String()
}

// OptionError says which option of Connect or Start has a value that makes no
// sense.
type OptionError struct {
	// Option is the name of the option, such as "WithReadLimit".
	Option  string
	Problem string
}

func (e *OptionError) Error() string { return said("%s: %s", e.Option, e.Problem) }
