package messages

import "fmt"

// Printed as Go code (%#v), an error that may hold a secret is what it says: that too is
// a text, and some loggers and assertions print so.

func goString(e error) string { return fmt.Sprintf("(%T)(%q)", e, e.Error()) }

// GoString implements fmt.GoStringer.
func (e *DialError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *ProxyError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *HandshakeError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *ReadError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *ProtocolError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *WriteError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *HeartbeatError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *HandlerError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *InternalError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *GaveUpError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *CredentialsError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *UnknownError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *AnswerLostError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *EncodeError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *UnknownMessageError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *OptionError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *PeerClosedError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *ReplacedError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *DuplicateAskError) GoString() string { return goString(e) }

// GoString implements fmt.GoStringer.
func (e *CloseReasonError) GoString() string { return goString(e) }
