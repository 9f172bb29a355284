package wire

import "fmt"

// Violation is what a peer did against the rules, and the code to close with.
type Violation struct {
	Code uint16
	Text string
}

// Error implements error.
func (v *Violation) Error() string { return v.Text }

// ProtocolError is for what has no close code of its own.
func ProtocolError(text string) error { return &Violation{CloseProtocolError, text} }

// TooBig is a message of more than the limit.
func TooBig(limit int64) error {
	return &Violation{CloseMessageTooBig, fmt.Sprintf("message of more than %d bytes", limit)}
}

// NotUTF8 is a message of text that is none.
func NotUTF8() error { return &Violation{CloseInvalidPayload, "text that is not UTF-8"} }
