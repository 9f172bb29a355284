package transport

import "github.com/sockvisor/sockvisor/actors/internal/wire"

// A message that does not fit into the frame buffer, but is one of those that TakeMessage
// takes, is read to where it is handed over from: without a goroutine that waits for the
// rest, a buffer that grows, and a copy of that. Its room grows with what has arrived, so
// that a header alone costs little. (Through coder/websocket it was read in pieces, and
// 1 MiB came at a tenth of the speed.)
type largeMessage struct {
	opcode wire.Opcode
	size   int
	data   []byte // what has arrived, with the room for more
}

const (
	// roomFactor is how much room there is for each byte that has arrived. It bounds the
	// copying to a seventh of the message.
	roomFactor = 8
	// minArrived is what counts as arrived with the header.
	minArrived = 4 << 10
	// largeRead is how much is read at a time: it is still in the processor's cache when it
	// is unmasked.
	largeRead = 256 << 10
)

// roomFor is the room for a message of which so much has arrived.
func roomFor(size, arrived int) int {
	for size > roomFactor*max(arrived, minArrived) {
		size = (size + roomFactor - 1) / roomFactor
	}
	return size
}

// room returns where more can be read to.
func (l *largeMessage) room() []byte {
	if len(l.data) == cap(l.data) {
		data := make([]byte, len(l.data), roomFor(l.size, len(l.data)))
		copy(data, l.data)
		l.data = data
	}
	return l.data[len(l.data):min(cap(l.data), len(l.data)+largeRead)]
}

// add takes in n bytes that were read to room, of which the guard sees and unmasks those
// that it has not seen.
func (l *largeMessage) add(n int, g *bufferGuard) error {
	added := l.data[len(l.data) : len(l.data)+n]
	l.data = l.data[:len(l.data)+n]
	return g.Unmask(added)
}

func (l *largeMessage) whole() bool { return len(l.data) == l.size }

// Large reports whether a message is next that is read past the frame buffer, and has not
// been begun: see BeginLarge.
func (s *Socket) Large() bool {
	in := &s.incoming
	return in.framed && in.left == 0 && in.large == nil && in.header() &&
		in.ahead.Plain && in.ahead.Fin && in.ahead.FrameSize() > frameBufferSize &&
		in.ahead.Masked == s.rules.Masked && in.ahead.Payload <= s.rules.Limit
}

// BeginLarge has what comes next be read as one. An error is why it is refused.
func (s *Socket) BeginLarge() error {
	in := &s.incoming
	g := in.watchedBy(&s.rules)
	header, payload := in.rest()[:in.ahead.Size], in.rest()[in.ahead.Size:]
	if g.seen == 0 {
		g.seen = len(header)
		if _, err := g.Check(header); err != nil {
			return err
		}
	}
	l := &largeMessage{opcode: in.ahead.Opcode, size: int(in.ahead.Payload)}
	seen := g.seen - len(header)
	l.data = append(make([]byte, 0, roomFor(l.size, len(payload))), payload[:seen]...)
	if in.ahead.Masked {
		wire.Mask(l.data, l.data, header[len(header)-wire.KeySize:])
	}
	err := l.add(copy(l.data[seen:cap(l.data)], payload[seen:]), g)
	in.known, g.seen, in.large = false, 0, l
	in.skip(len(in.rest()))
	return s.judgeLarge(err)
}

// fillLarge is Fill past the frame buffer.
func (s *Socket) fillLarge() (n int, more bool, err error) {
	in := &s.incoming
	room := in.large.room()
	n, err = s.kernel.read(room)
	if err = s.noteRead(n, err); err != nil {
		return n, false, in.ending(err)
	}
	return n, n == len(room), s.judgeLarge(in.large.add(n, in.guard))
}

// judgeLarge forgets what is refused.
func (s *Socket) judgeLarge(err error) error {
	if err != nil {
		s.incoming.large = nil
	}
	return err
}

// takeLarge takes the message, if it is there as a whole.
func (in *frameBuffer) takeLarge() (wire.Opcode, []byte, error) {
	l := in.large
	if !l.whole() {
		return 0, nil, nil
	}
	in.large = nil
	in.dismiss()
	return l.opcode, l.data, nil
}

// Forget drops what has arrived of a message: no more will. It is for who reads.
func (s *Socket) Forget() { s.incoming.large = nil }
