package actors

import (
	"encoding/json"

	"github.com/sockvisor/sockvisor/messages"
)

// JSON is a [Codec] of encoding/json. Decode makes a T of a message, text or binary,
// with json.Unmarshal and its error; Encode makes a text message of any value, since
// what is sent is often of other types than what is received.
//
// T may be a struct with all the fields that the peer uses, a pointer to one, or any,
// or a type with an UnmarshalJSON of its own that looks at a tag first.
func JSON[T any]() Codec { return jsonCodec[T]{} }

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Encode(value any) (*messages.Send, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return messages.TextBytes(data), nil
}

func (jsonCodec[T]) Decode(message *messages.Received) (any, error) {
	var value T
	err := json.Unmarshal(message.Data, &value)
	return value, err
}
