package transport

import (
	"bytes"
	"errors"
	"sync"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// frameBuffer is the reading side of a socket that the kernel can be asked about: what
// was read and is not yet taken. It belongs to whoever reads.
//
// The next message may be awaited without a goroutine and without a buffer: an idle
// socket has none, and a busy one reads as many frames as there are in one system call
// (measured with 64 messages in flight: 30 times fewer reads than through a 512-byte
// buffer). Where coder/websocket reads, it is never given more than the end of a frame,
// so that its own buffer is empty whenever a message has been read.
type frameBuffer struct {
	*buffer                // nil when empty
	from      int          // the next byte to hand out
	left      int64        // of the present frame; zero between frames
	ahead     wire.Header  // the next one
	known     bool         // its header is there
	plain     bool         // so is all of it, and TakeMessage takes it: what Whole has found
	framed    bool         // frames are read, and not the answer to a handshake
	patient   bool         // Read waits for what is not there yet
	packed    bool         // the message that was begun last is compressed
	guard     *bufferGuard // nil between messages
	assembly  *assembly    // of a message past the buffer, or nil
	assembles bool         // of all messages that need it: see StartAssembling
}

// frameBufferSize is how much is read at a time. Small messages come by the hundred in
// it, and it stays in the processor's first cache.
const frameBufferSize = 16 << 10

var frameBuffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, frameBufferSize)} }}

// ErrLater is what Read returns in place of waiting.
var ErrLater = errors.New("nothing to read yet")

// rest is what is there to hand out.
func (in *frameBuffer) rest() []byte {
	if in.buffer == nil {
		return nil
	}
	return in.bytes[in.from:]
}

// room returns where more can be read to.
func (in *frameBuffer) room() []byte {
	if in.buffer == nil {
		in.buffer = frameBuffers.Get().(*buffer)
		in.from = 0
	}
	if in.from > 0 {
		in.bytes = in.bytes[:copy(in.bytes, in.bytes[in.from:])]
		in.from = 0
	}
	return in.bytes[len(in.bytes):cap(in.bytes)]
}

func (in *frameBuffer) full() bool {
	if in.assembly != nil && in.assembly.whole() {
		return true
	}
	return in.buffer != nil && len(in.rest()) == cap(in.bytes)
}

func (in *frameBuffer) prepend(ahead []byte) {
	if len(ahead) == 0 {
		return
	}
	in.buffer, in.from = frameBuffers.Get().(*buffer), 0
	in.bytes = append(in.bytes, ahead...)
}

// Prepend puts what somebody has read before where it belongs: at the beginning.
func (s *Socket) Prepend(ahead []byte) { s.incoming.prepend(ahead) }

// add takes in n bytes that were read to room.
func (in *frameBuffer) add(n int) { in.bytes = in.bytes[:len(in.bytes)+n] }

// take hands out what p has room for, up to the end of the frame.
func (in *frameBuffer) take(p []byte) int {
	n := copy(p[:min(int64(len(p)), in.left)], in.rest())
	in.left -= int64(n)
	in.skip(n)
	return n
}

func (in *frameBuffer) skip(n int) {
	in.from += n
	if in.from == len(in.bytes) {
		in.release()
	}
}

// release returns the buffer to the pool if nothing is in it.
func (in *frameBuffer) release() {
	if in.buffer != nil && len(in.rest()) == 0 {
		in.bytes = in.bytes[:0]
		frameBuffers.Put(in.buffer)
		in.buffer = nil
	}
}

// takeLine hands out at most one line. The lines of an HTTP answer end where the
// first frame begins, and whoever reads it does not ask for more.
func (in *frameBuffer) takeLine(p []byte) int {
	line := in.rest()
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end+1]
	}
	n := copy(p, line)
	in.skip(n)
	return n
}

func (in *frameBuffer) message() bool {
	if in.assembly != nil && (in.assembly.left > 0 || in.assembly.fin) {
		return in.assembly.whole()
	}
	return in.header() && in.ahead.Whole && int64(len(in.bytes)-in.from) >= in.ahead.FrameSize()
}

// next begins the next frame, if its header is there.
func (in *frameBuffer) next() bool {
	if !in.header() {
		return false
	}
	in.left, in.known = in.ahead.FrameSize(), false
	if in.ahead.Begins() {
		in.packed = in.ahead.Compressed()
	}
	return true
}

// header reports whether the header of the next frame is there, and in ahead.
func (in *frameBuffer) header() bool {
	if !in.known {
		in.known = in.ahead.Parse(in.rest())
	}
	return in.known
}
