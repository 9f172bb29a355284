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
	window   []byte // of those
	now      *message
}

// windowSize is how far back a message refers at most (RFC 1951, section 2).
const windowSize = 32 << 10

// tail is what every message is sent without.
const tail = "\x00\x00\xff\xff"

// message is what is needed while one is read.
type message struct {
	payload *bufio.Reader
	tail    strings.Reader
	flate   resetter
	window  []byte // of a message that refers to none before
}

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
	m.window = m.window[:0]
	f.now = m
	f.resume()
}

// seen is where the window is kept.
func (f *Inflater) seen() *[]byte {
	if f.takeover {
		return &f.window
	}
	return &f.now.window
}

// resume has the next block be the first of a stream, which refers to those before it
// all the same.
func (f *Inflater) resume() { _ = f.now.flate.Reset(f.now, *f.seen()) }

// Read implements io.Reader. The end of the message is io.EOF.
func (f *Inflater) Read(p []byte) (int, error) {
	n, err := f.now.flate.Read(p)
	note(f.seen(), p[:n])
	switch {
	case errors.Is(err, io.EOF) && !f.now.ended():
		f.resume() // the block was a final one
		return n, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && f.now.ended():
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

// note adds to a window, which keeps the last bytes.
func note(window *[]byte, added []byte) {
	if *window == nil && len(added) > 0 {
		*window = make([]byte, 0, windowSize)
	}
	added = added[max(len(added)-windowSize, 0):]
	if over := len(*window) + len(added) - windowSize; over > 0 {
		*window = (*window)[:copy(*window, (*window)[over:])]
	}
	*window = append(*window, added...)
}
