package transport

import (
	"unicode/utf8"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// Where messages are compressed, the reading of frames is coder/websocket's, but for the
// plainest: one frame that is a whole message of text or binary, neither compressed nor against the rules,
// and is in the frame buffer as a whole. That is nearly every message there is, and to
// take it from there costs a tenth of what Reader and Read do, which lock, select
// and check for what such a frame cannot be: a flood is received 2.4 times as fast.
// It is between two messages as far as coder/websocket can see, and stays there.
//
// TakeMessage takes such a message, or one that was put together, or returns nil: the next
// is coder/websocket's to read, or the guard's to refuse. So is all that there is where
// frames are not read. Text that is none is an error. Where messages are assembled it takes
// pings and pongs too, and a close frame is an error.
func (s *Socket) TakeMessage() (wire.Opcode, []byte, error) {
	if !s.incoming.framed {
		return 0, nil, nil
	}
	return s.incoming.takeMessage(&s.rules)
}

func (in *frameBuffer) takeMessage(r *wire.Rules) (wire.Opcode, []byte, error) {
	switch {
	case in.plain:
		return in.takePlain()
	case in.left > 0 || !in.message():
		return 0, nil, nil
	case in.assembly != nil && in.assembly.whole():
		op, data := in.takeAssembly()
		return op, data, nil
	case in.ordinary(r):
		return in.takePlain()
	case in.assembles && in.control():
		return in.takeControl(r)
	default:
		return 0, nil, nil
	}
}

// takePlain takes one that is there as a whole in the buffer.
func (in *frameBuffer) takePlain() (wire.Opcode, []byte, error) {
	f := &in.ahead
	size := int(f.FrameSize())
	from := in.bytes[in.from : in.from+size]
	data := make([]byte, f.Payload)
	if f.Masked {
		wire.Mask(data, from[f.Size:], from[f.Size-wire.KeySize:f.Size])
	} else {
		copy(data, from[f.Size:])
	}
	in.known, in.plain = false, false
	if in.guard != nil {
		in.dismiss() // it has seen how this message begins
	}
	in.skip(size)
	if f.Opcode == wire.OpcodeText && !utf8.Valid(data) {
		return 0, nil, wire.NotUTF8()
	}
	return f.Opcode, data, nil
}

// Whole reports whether a message, or a control frame, is there as a whole. One in
// fragments never is where only coder/websocket knows where it ends.
func (s *Socket) Whole() bool {
	in := &s.incoming
	if !in.message() {
		return false
	}
	in.plain = in.left == 0 && in.framed && in.ordinary(&s.rules)
	return in.plain || !in.assembles || in.takeable(&s.rules)
}

// Fragmented reports whether a message in fragments is next, which only coder/websocket
// can take.
func (s *Socket) Fragmented() bool { return s.incoming.header() && !s.incoming.ahead.Whole }

// Begun reports whether the header of a frame is there. It is for when no more is read
// now: a buffer with nothing in it goes back to the pool.
func (s *Socket) Begun() bool {
	s.incoming.release()
	return s.incoming.header()
}

// Fits reports whether the frame that has begun will be there as a whole.
func (s *Socket) Fits() bool {
	return s.incoming.ahead.Whole && s.incoming.ahead.FrameSize() <= frameBufferSize
}

// Full reports whether there is no room: a large message has begun, or is there.
func (s *Socket) Full() bool { return s.incoming.full() }

// Compressed reports whether the message that coder/websocket has begun to read is, which
// that is not told. It is asked once for each.
func (s *Socket) Compressed() bool {
	if s.incoming.framed {
		return s.incoming.packed
	}
	if s.above != nil {
		return s.above.guard.Compressed()
	}
	return s.incoming.watchedBy(&s.rules).Compressed()
}

// Takeover reports whether it may refer to those before it.
func (s *Socket) Takeover() bool { return s.rules.Takeover }

// SetPatient says whether Read waits for what is not there yet.
func (s *Socket) SetPatient(yes bool) { s.incoming.patient = yes }

// Patient reports whether it does.
func (s *Socket) Patient() bool { return s.incoming.patient }
