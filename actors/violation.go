package actors

import "fmt"

// violation is what a peer did against the rules, and the code to close with.
type violation struct {
	Code uint16
	Text string
}

// Error implements error.
func (v *violation) Error() string { return v.Text }

// against is for what has no close code of its own.
func against(text string) error { return &violation{closeProtocolError, text} }

// tooBig is a message of more than the limit.
func tooBig(limit int64) error {
	return &violation{closeMessageTooBig, fmt.Sprintf("message of more than %d bytes", limit)}
}

// notUTF8 is a message of text that is none.
func notUTF8() error { return &violation{closeInvalidPayload, "text that is not UTF-8"} }
