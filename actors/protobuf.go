package actors

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sockvisor/sockvisor/messages"
)

// Protobuf is a [Codec] of google.golang.org/protobuf. Decode makes a T, a pointer to a
// generated type such as *pb.Tick, of a binary message, with proto.Unmarshal and its
// error; text is an error. Encode makes a binary message of any proto.Message, since
// what is sent is often of another type than what is received.
func Protobuf[T proto.Message]() Codec {
	var none T
	return protobufCodec[T]{none.ProtoReflect().Type()}
}

type protobufCodec[T proto.Message] struct{ of protoreflect.MessageType }

var errTextProtobuf = errors.New("protobuf: a text message")

func (protobufCodec[T]) Encode(value any) (*messages.Send, error) {
	message, ok := value.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("protobuf: %T is not a proto.Message", value)
	}
	data, err := proto.Marshal(message)
	if err != nil {
		return nil, err
	}
	return messages.Binary(data), nil
}

func (c protobufCodec[T]) Decode(message *messages.Received) (any, error) {
	if message.Type != messages.TypeBinary {
		return nil, errTextProtobuf
	}
	value := c.of.New().Interface()
	err := proto.Unmarshal(message.Data, value)
	return value, err
}
