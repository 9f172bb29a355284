package actors

import (
	"errors"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/messages"
)

// Codec turns values into messages and messages into values: see [JSON] and
// [Protobuf].
//
// Encode runs on the goroutine of who sends, Decode on the one that reads, both side
// by side for any number of connections; neither may block. Data belongs to the
// message it is in: what Decode returns must not change it.
type Codec interface {
	// Encode returns the message for a value. Its error, or panic, is the Err of the
	// [messages.EncodeError] with which the value is refused.
	Encode(value any) (*messages.Send, error)
	// Decode returns the value of a message, or an error that the handler gets in
	// its place. A panic fails the connection with a [messages.HandlerError].
	Decode(message *messages.Received) (value any, err error)
}

var errNoMessage = errors.New("the codec made no message of it")

func encoded(codec Codec, value any) (send *messages.Send, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			send, err = nil, blame.Panicked("WithCodec", reason)
		}
	}()
	if send, err = codec.Encode(value); err == nil && send == nil {
		err = errNoMessage
	}
	return send, err
}

func decoded(codec Codec, received *messages.Received) *messages.Decoded {
	d := &messages.Decoded{Conn: received.Conn, Epoch: received.Epoch, Received: received}
	if d.Value, d.Err = codec.Decode(received); d.Err != nil {
		d.Value = nil
	}
	return d
}
