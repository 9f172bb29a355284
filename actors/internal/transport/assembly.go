package transport

import (
	"bytes"
	"math"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// A message that is not there as one small frame is put together where it is handed over
// from: without a goroutine that waits for the rest, a buffer that grows, and a copy of
// that. Its room grows with what has arrived, so that a header alone costs little. (Through
// coder/websocket, 1 MiB came at a tenth of the speed.)

// assembly is a message that is put together.
type assembly struct {
	opcode wire.Opcode
	data   []byte // what has arrived, with room for more
	left   int64  // of the present frame: what it says, which may be more than there can be
	fin    bool   // which is the last
	limit  int64  // of the message
}

const (
	// roomFactor is how much room there is for each byte that has arrived. It bounds the
	// copying to a seventh of a frame.
	roomFactor = 8
	// minArrived is what counts as arrived with a header.
	minArrived = 4 << 10
	// largeRead is how much is read at a time: it is still in the processor's cache when it
	// is unmasked.
	largeRead = 64 << 10
)

// roomFor is the room for a message of which so much has arrived.
func roomFor(size int64, arrived int) int {
	for most := roomFactor * int64(max(arrived, minArrived)); size > most; {
		size = (size-1)/roomFactor + 1 // upwards
	}
	return int(size)
}

// grow makes room for some of the frame. Of a message in fragments nobody knows the size: it
// is doubled, up to the limit.
func (m *assembly) grow() {
	arrived := len(m.data)
	room := roomFor(min(m.left, math.MaxInt64-int64(arrived))+int64(arrived), arrived)
	if !m.fin && m.left < int64(arrived) {
		room = max(room, int(min(2*int64(arrived), m.limit)))
	}
	data := make([]byte, arrived, room)
	copy(data, m.data)
	m.data = data
}

// room returns where more of the frame can be read to.
func (m *assembly) room() []byte {
	if len(m.data) == cap(m.data) {
		m.grow()
	}
	free := m.data[len(m.data):cap(m.data)]
	return free[:min(int64(len(free)), m.left, largeRead)]
}

// add takes in n bytes that were read to room, which the guard sees and unmasks.
func (m *assembly) add(n int, g *bufferGuard) error {
	added := m.data[len(m.data) : len(m.data)+n]
	m.data, m.left = m.data[:len(m.data)+n], m.left-int64(n)
	return g.Unmask(added)
}

// addSeen takes in what the guard has seen already.
func (m *assembly) addSeen(p []byte, key [wire.KeySize]byte) {
	for len(p) > 0 {
		n := copy(m.room(), p)
		added := m.data[len(m.data) : len(m.data)+n]
		m.data, m.left = m.data[:len(m.data)+n], m.left-int64(n)
		wire.Mask(added, added, key[:])
		p, key = p[n:], wire.Turned(key, n)
	}
}

// addAll takes in what was read elsewhere.
func (m *assembly) addAll(p []byte, g *bufferGuard) error {
	for len(p) > 0 {
		n := copy(m.room(), p)
		err := m.add(n, g)
		if p = p[n:]; err != nil {
			g.After(p)
			return err
		}
	}
	return nil
}

func (m *assembly) whole() bool { return m.fin && m.left == 0 }

// StartAssembling has TakeMessage take all there is, and nobody call Read any more. It is
// for when nothing is compressed.
func (s *Socket) StartAssembling() { s.incoming.assembles = true }

// HasPart reports whether a frame is next that is put together with others, or is large, and
// has not been begun: see BeginPart. Where Read is called it is only a message that is large.
func (s *Socket) HasPart() bool {
	in := &s.incoming
	switch {
	case !in.framed || in.left > 0 || in.assembly != nil && (in.assembly.left > 0 || in.assembly.whole()) || !in.header():
		return false
	case in.assembles:
		return !in.takeable(&s.rules)
	default:
		return in.ahead.Plain && in.ahead.Fin && in.ahead.FrameSize() > frameBufferSize &&
			in.ahead.Masked == s.rules.Masked && in.ahead.Payload <= s.rules.Limit
	}
}

// takeable reports whether what is next can be taken once it is there.
func (in *frameBuffer) takeable(r *wire.Rules) bool {
	return in.ordinary(r) || in.assembly != nil && in.assembly.whole() || in.control()
}

// control reports whether the next frame is a control frame that will be in the buffer as a
// whole.
func (in *frameBuffer) control() bool {
	return in.ahead.Whole && in.ahead.Opcode >= wire.OpcodeClose && in.ahead.FrameSize() <= frameBufferSize
}

// ordinary reports whether the next frame is a message that is taken from the buffer.
func (in *frameBuffer) ordinary(r *wire.Rules) bool {
	return in.assembly == nil && in.ahead.Plain && in.ahead.Fin && in.ahead.FrameSize() <= frameBufferSize &&
		in.ahead.Masked == r.Masked && in.ahead.Payload <= r.Limit
}

// BeginPart has what comes next be read as one. An error is why it is refused.
func (s *Socket) BeginPart() error {
	in := &s.incoming
	f, frame := in.ahead, in.rest()
	frame = frame[:min(int64(len(frame)), in.ahead.FrameSize())]
	header, payload := frame[:f.Size], frame[f.Size:]
	if err := in.pass(len(header), &s.rules); err != nil {
		return s.judged(err)
	}
	m := in.assembly
	if m == nil {
		m = &assembly{opcode: f.Opcode, limit: s.rules.Limit}
		in.assembly = m
	}
	m.left, m.fin = f.Payload, f.Fin
	var key [wire.KeySize]byte // of zeros, if it is not masked
	if f.Masked {
		copy(key[:], header[len(header)-wire.KeySize:])
	}
	seen := max(in.guard.seen-len(header), 0)
	m.addSeen(payload[:seen], key)
	err := m.addAll(payload[seen:], in.guard)
	in.known, in.guard.seen = false, 0
	in.skip(len(frame))
	return s.judged(err)
}

// fillAssembly is Fill past the frame buffer.
func (s *Socket) fillAssembly() (n int, more bool, err error) {
	in := &s.incoming
	room := in.assembly.room()
	n, err = s.kernel.read(room)
	if err = s.noteRead(n, err); err != nil {
		return n, false, in.ending(err)
	}
	return n, n == len(room), s.judged(in.assembly.add(n, in.guard))
}

// judged forgets what is refused.
func (s *Socket) judged(err error) error {
	if err != nil {
		s.incoming.assembly = nil
	}
	return err
}

// takeAssembly takes the message. What was in fragments may be copied, so that no more is
// kept than it is.
func (in *frameBuffer) takeAssembly() (wire.Opcode, []byte) {
	m := in.assembly
	in.assembly = nil
	in.dismiss()
	if m.data == nil { // in fragments of nothing
		return m.opcode, []byte{}
	}
	if spare := cap(m.data) - len(m.data); spare > len(m.data)/8 {
		return m.opcode, bytes.Clone(m.data)
	}
	return m.opcode, m.data[:len(m.data):len(m.data)]
}

// takeControl takes a control frame that is there as a whole. A close frame is an error: a
// *wire.PeerClosed.
func (in *frameBuffer) takeControl(r *wire.Rules) (wire.Opcode, []byte, error) {
	f := in.ahead
	size := int(f.FrameSize())
	frame := in.rest()[:size]
	if err := in.pass(size, r); err != nil {
		in.assembly = nil
		return 0, nil, err
	}
	payload := make([]byte, f.Payload)
	copy(payload, frame[f.Size:])
	if f.Masked {
		wire.Mask(payload, payload, frame[f.Size-wire.KeySize:f.Size])
	}
	in.known = false
	in.skip(size)
	in.passed(size)
	return f.Opcode, payload, nil
}

// Forget drops what has arrived of a message: no more will. It is for who reads.
func (s *Socket) Forget() { s.incoming.assembly = nil }
