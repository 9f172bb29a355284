package messages

import "github.com/asynkron/protoactor-go/actor"

// SendValue asks a connection that has a codec (actors.WithCodec) to send the message
// that it makes of a value. The value is encoded at once, on the goroutine of who
// sends; from then on it is a [Send], and is refused for the same reasons.
//
// Besides it is refused when there is no codec ([NoCodecError]), or when that can
// make no message of the value ([EncodeError]). What was queued and is dropped later
// comes back as the Send.
type SendValue struct{ Value any }

// Decoded is one message of the peer, in place of [Received] where there is a codec
// (actors.WithCodec).
type Decoded struct {
	Conn  *actor.PID
	Epoch uint64
	// Value is what the codec made of the message: of which type, the codec says.
	// It is nil if Err is not.
	Value any
	// Err is why the codec could make nothing of it. The connection is unharmed:
	// what to do is the handler's to decide.
	Err error
	// Received is the message that was decoded.
	Received *Received
}

// NoCodecError says that a connection has no codec to send a value with.
type NoCodecError struct{}

func (e *NoCodecError) Error() string { return "connection has no codec" }

// EncodeError says that a codec could make no message of a value.
type EncodeError struct {
	Value any
	Err   error
}

func (e *EncodeError) Error() string { return said("encode %T: %v", e.Value, e.Err) }
func (e *EncodeError) Unwrap() error { return e.Err }
