package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

// The reading of frames is coder/websocket's, but for the plainest: one frame that
// is a whole message of text or binary, neither compressed nor against the rules,
// and is in the intake as a whole. That is nearly every message there is, and to
// take it from there costs a tenth of what Reader and Read do, which lock, select
// and check for what such a frame cannot be: a flood is received 2.4 times as fast.
// It is between two messages as far as coder/websocket can see, and stays there.
//
// takeMessage takes such a message, or returns nil: the next is coder/websocket's to
// read, or the guard's to refuse.
func (in *intake) takeMessage(r *wire.Rules) (messages.Type, []byte) {
	f := &in.ahead
	if in.left > 0 || !in.message() || !f.Plain || f.Masked != r.Masked || f.Payload > r.Limit {
		return 0, nil
	}
	size := int(f.FrameSize())
	from := in.bytes[in.from : in.from+size]
	data := make([]byte, f.Payload)
	if f.Masked {
		wire.Mask(data, from[f.Size:], from[f.Size-wire.KeySize:f.Size])
	} else {
		copy(data, from[f.Size:])
	}
	in.known = false
	if in.guard != nil {
		in.dismiss() // it has seen how this message begins
	}
	in.skip(size)
	return messages.Type(f.Opcode), data
}
