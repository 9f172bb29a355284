// Package inflate undoes permessage-deflate (RFC 7692, section 7.2.2), for one message
// after the other. It is here because compressed messages may end in a final block of
// DEFLATE, or have some inside (section 7.2.1): coder/websocket leaves what follows one
// to be read with the next message.
//
// Bytes in, bytes out, of the standard library alone. It must not know of frames,
// sockets or limits: who reads counts, and stops.
package inflate

import (
	"bufio"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"sync"
)

// Inflater inflates what one peer has compressed. It belongs to whoever reads.
type Inflater struct {
	takeover bool   // messages refer to those before
	window   window // of those
	now      *message
}

// tail is what every message is sent without.
const tail = "\x00\x00\xff\xff"

// message is what is needed while one is read.
type message struct {
	payload *bufio.Reader
	tail    strings.Reader
	flate   resetter
	window  window // of a message that refers to none before
	dict    []byte // a window, in one piece
	read    int    // bytes of it, inflated
	finals  int    // final blocks, after which it went on
}

// A message may have so many final blocks, and so many more for each byte that comes of
// them: to begin anew costs as much as to inflate some hundred bytes, and an empty one is
// two bytes.
const (
	maxFinals   = 16
	bytesAFinal = 64
)

const payloadBuffer = 4 << 10

func newMessage() *message {
	m := &message{payload: bufio.NewReaderSize(nil, payloadBuffer)}
	m.flate = flate.NewReader(m).(resetter)
	return m
}

// resetter is what compress/flate reads with.
type resetter interface {
	io.Reader
	Reset(r io.Reader, dict []byte) error
}

var messages = sync.Pool{New: func() any { return newMessage() }}

// New returns an inflater. Takeover says that a message may refer to those before it
// (RFC 7692, section 7.1.1).
func New(takeover bool) *Inflater { return &Inflater{takeover: takeover} }

// Open begins a message, of which payload is what came. It is read to its end, or the
// inflater is done for.
func (f *Inflater) Open(payload io.Reader) {
	m := messages.Get().(*message)
	m.payload.Reset(payload)
	m.tail.Reset(tail)
	m.window.reset()
	m.read, m.finals = 0, 0
	f.now = m
	f.resume()
}

// seen is where the window is kept.
func (f *Inflater) seen() *window {
	if f.takeover {
		return &f.window
	}
	return &f.now.window
}

// resume has the next block be the first of a stream, which refers to those before it
// all the same.
func (f *Inflater) resume() {
	m := f.now
	m.dict = f.seen().appendTo(m.dict[:0])
	_ = m.flate.Reset(m, m.dict)
}

// errFinals is for a message of final blocks and little else.
var errFinals = flate.InternalError("more final blocks than a message can need")

// Read implements io.Reader. The end of the message is io.EOF.
func (f *Inflater) Read(p []byte) (int, error) {
	m := f.now
	n, err := m.flate.Read(p)
	f.seen().add(p[:n])
	m.read += n
	switch {
	case errors.Is(err, io.EOF) && !m.ended(): // the block was a final one
		if m.finals++; m.finals > maxFinals+m.read/bytesAFinal {
			return n, errFinals
		}
		f.resume()
		return n, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && m.ended():
		f.close()
		return n, io.EOF
	default:
		return n, err
	}
}

func (f *Inflater) close() {
	f.now.payload.Reset(nil)
	messages.Put(f.now)
	f.now = nil
}

// ended reports whether all of the payload was read.
func (m *message) ended() bool {
	_, err := m.payload.Peek(1)
	return errors.Is(err, io.EOF)
}

// ReadByte implements io.ByteReader: compress/flate reads not a byte more than it needs.
func (m *message) ReadByte() (byte, error) {
	b, err := m.payload.ReadByte()
	if errors.Is(err, io.EOF) {
		return m.tail.ReadByte()
	}
	return b, err
}

// Read implements io.Reader.
func (m *message) Read(p []byte) (int, error) {
	n, err := m.payload.Read(p)
	if errors.Is(err, io.EOF) {
		return m.tail.Read(p)
	}
	return n, err
}
