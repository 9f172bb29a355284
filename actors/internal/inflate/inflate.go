// Package inflate undoes permessage-deflate (RFC 7692, section 7.2.2), for one message
// after the other. It is here because compressed messages may end in a final block of
// DEFLATE, or have some inside (section 7.2.1): coder/websocket leaves what follows one
// to be read with the next message. And a message that breaks off inside a block is for it
// a shorter one.
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

// tail is what every message is sent without (section 7.2.1), and end is that and a final
// block with nothing in it: only what ends where a block does is followed by that.
const (
	tail = "\x00\x00\xff\xff"
	end  = tail + "\x01\x00\x00\xff\xff"
)

// message is what is needed while one is read.
type message struct {
	payload *bufio.Reader
	atBlock bool // if a byte is what is read next, a block begins with it
	end     strings.Reader
	flate   resetter
	window  window // of a message that refers to none before
	dict    []byte // a window, in one piece
	read    int    // bytes of it, inflated
	whole   int    // as many, when what follows the tail was asked for
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
	m.end.Reset(end)
	m.window.reset()
	m.read, m.whole, m.finals = 0, -1, 0
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
	m.atBlock = true
	_ = m.flate.Reset(m, m.dict)
}

// errFinals is for a message of final blocks and little else, errTorn for one that breaks
// off inside a block. What is inflated of the tail then may be corrupt before that.
var (
	errFinals = flate.InternalError("more final blocks than a message can need")
	errTorn   = flate.InternalError("a block without an end")
)

// Read implements io.Reader. The end of the message is io.EOF.
func (f *Inflater) Read(p []byte) (int, error) {
	m := f.now
	n, err := m.flate.Read(p)
	f.seen().add(p[:n])
	m.read += n
	switch left := m.end.Len(); {
	case !errors.Is(err, io.EOF): // no final block has ended
		return n, err
	case left == len(end) && !m.ended():
		return n, f.goOn()
	case left == len(end), left == len(end)-len(tail), left == 0 && m.read == m.whole:
		f.close()
		return n, io.EOF
	default:
		return n, errTorn
	}
}

// goOn has the message go on after a final block.
func (f *Inflater) goOn() error {
	m := f.now
	if m.finals++; m.finals > maxFinals+m.read/bytesAFinal {
		return errFinals
	}
	f.resume()
	return nil
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
	if !errors.Is(err, io.EOF) {
		m.atBlock = false
		return b, err
	}
	if m.atBlock && m.end.Len() == len(end) {
		m.atBlock = false
		return 0, nil // the block without compression that the tail is of lacks
	}
	m.ending()
	if b, err = m.end.ReadByte(); err != nil {
		return 0, errTorn
	}
	return b, nil
}

// Read implements io.Reader. What compress/flate reads in this way is the length of a
// stored block, or what is in that.
func (m *message) Read(p []byte) (int, error) {
	m.atBlock = true
	n, err := m.payload.Read(p)
	switch {
	case n > 0:
		return n, nil
	case !errors.Is(err, io.EOF):
		return 0, err
	}
	m.ending()
	if n, err = m.end.Read(p); err != nil {
		return 0, errTorn
	}
	return n, nil
}

// ending notes how much has come when what follows the tail is asked for. That is all of
// the message: the tail flushes. A block without an end goes on with the tail.
func (m *message) ending() {
	if m.end.Len() == len(end)-len(tail) {
		m.whole = m.read
	}
}
