// Package transport makes of a net.Conn one whose writes never block and whose reads need
// no goroutine: what the kernel does not take at once a goroutine of the moment waits to
// write, and who reads is told when there is something to read, where the kernel can be
// asked. It also keeps the frames of two writers whole and in order, and has what is read
// seen by a wire.Guard.
//
// It knows bytes, frames and time. It must not know actors, messages, options, or
// coder/websocket: what reads and writes here is whoever it is handed to.
package transport

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// Socket is the transport below WebSocket and TLS. It makes writing never block
// and reading tell when there last was a sign of life.
//
// Write appends to a buffer and puts on the wire what the kernel takes at once.
// What it does not take, a goroutine of the moment waits to write, and the socket
// is not ready until it has. So the connection actor never waits for a slow
// peer, and neither does a pong, which is written on the reader's goroutine:
// coder/websocket, where it does so, takes 5 s at most or the connection is lost.
//
// While corked, Write only appends. The mailbox uncorks after each run, with
// Flush, so that what was queued at the same moment leaves in one system call,
// and a single message leaves at once: there is no timer.
//
// What the connection frames itself goes past coder/websocket, and so does what others
// put aside: see frames.go. What coder/websocket still writes is serialised by its frame
// lock, or above it by crypto/tls.
// The one who sends is whoever set sending; pending and aside are handed over by
// swapping the pointer. That is all the mutual exclusion there is.
type Socket struct {
	net.Conn

	// For every write, side by side. Who writes takes pending or aside out, adds, and puts
	// it back; who sends takes it.
	pending atomic.Pointer[buffer] // written, not yet sent
	aside   atomic.Pointer[aside]  // likewise, by others while framing: see frames.go
	failure atomic.Pointer[error]  // of writing: of whoever met it first, for everybody
	maximum int                    // of pending bytes, before the peer is taken for hostile
	secure  bool                   // TLS is above: what passes here are its records
	framing bool                   // the connection frames its messages itself
	masking bool                   // and masks them
	corked  atomic.Bool            // Cork sets it, Flush takes it back, who writes looks
	sending atomic.Bool            // somebody sends: that one's to set and to take back
	blocked atomic.Bool            // and waits for the kernel: likewise. Ready looks
	watched atomic.Bool            // somebody wants to know when all is sent: Taken sets it, who has sent takes it back
	closing atomic.Bool            // by this side: who closes sets it, everybody looks
	broken  atomic.Bool            // for reading: who reads sets it, and looks
	ended   atomic.Bool            // a close frame was written: who does sets it, who writes looks
	over    bool                   // which was sent, or is about to be: who sends
	reading atomic.Bool            // a goroutine waits for more, or takes it: it sets it, who gives up looks
	streak  atomic.Int32           // reads that came soon after the one before: who reads counts, and looks
	kernel  nonblock
	part    []byte // of a frame of coder/websocket's

	// lastTaken is when bytes were last taken that had to wait, or while others did,
	// since born. Whoever sends notes it, the heartbeat looks.
	lastTaken atomic.Int64

	// For every read.
	incoming   frameBuffer
	rules      wire.Rules
	above      *Upgraded    // what coder/websocket reads from, if that has the guard
	lastRead   atomic.Int64 // since born: who reads sets it, who looks for life looks
	lastResume atomic.Int64 // likewise: when reading went on after a pause

	received atomic.Uint64 // bytes. Whoever reads counts them, who gives up looks

	born time.Duration // since this package was there: a time.Time has 16 bytes more

	poller     *Poller // nil where the kernel cannot be asked to tell
	registered registration
	reader     atomic.Pointer[Reader] // its owner sets it, or nil; whoever writes and the poller look
	timeout    time.Duration

	// onWritable is called when a socket that was not ready has written, or
	// will never again, with the reason.
	onWritable atomic.Pointer[func(error)]
}

// Options are what a socket has to be told.
type Options struct {
	WriteTimeout time.Duration  // of no progress
	Maximum      int            // of pending bytes, before the peer is taken for hostile
	Rules        wire.Rules     // of what is read
	Masks        bool           // this side masks: it is a client
	Secure       bool           // there will be TLS above it: nothing here may write, or read, anything else then
	Poller       func() *Poller // asked for one if it can be used; it may have none
}

// Reader is who reads a socket.
type Reader interface {
	// Readable says that there may be something to read, be it that the socket was shut;
	// or that the peer has closed too: hangUp.
	Readable(hangUp bool)
	// Paused reports whether it does not read what there is.
	Paused() bool
}

// New makes the socket of a transport.
func New(conn net.Conn, o Options) *Socket {
	s := &Socket{
		Conn:    conn,
		timeout: o.WriteTimeout,
		maximum: o.Maximum,
		masking: o.Masks,
		secure:  o.Secure,
		rules:   o.Rules,
		born:    time.Since(start),
	}
	if s.kernel.init(conn) && o.Poller != nil {
		s.poller = o.Poller()
	}
	return s
}

// SetReader says who reads.
func (s *Socket) SetReader(r Reader) { s.reader.Store(&r) }

// paused reports whether who reads the socket does not.
func (s *Socket) paused() bool {
	r := s.reader.Load()
	return r != nil && (*r).Paused()
}

// Notify sets onWritable. What failed before is told now.
func (s *Socket) Notify(f func(error)) {
	s.onWritable.Store(&f)
	if err := s.failure.Load(); err != nil {
		f(*err)
	}
}

func (s *Socket) tell(err error) {
	if f := s.onWritable.Load(); f != nil {
		(*f)(err)
	}
}

// Now is the time since the socket was made.
func (s *Socket) Now() time.Duration { return time.Since(start) - s.born }

// start is what times are counted from.
var start = time.Now()

// LastRead is when there last was a sign of life.
func (s *Socket) LastRead() time.Duration { return time.Duration(s.lastRead.Load()) }

// SetDeadline implements net.Conn for reading. A write never blocks, and the
// deadlines of those who wait for the kernel are the socket's own: crypto/tls
// sets one to forbid writing when it closes, which would forbid the last words.
func (s *Socket) SetDeadline(t time.Time) error { return s.Conn.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn: see SetDeadline.
func (s *Socket) SetWriteDeadline(time.Time) error { return nil }

// Closing reports whether this side has closed it, or does.
func (s *Socket) Closing() bool { return s.closing.Load() }

// Broken reports whether reading has failed.
func (s *Socket) Broken() bool { return s.broken.Load() }

// Reading reports whether a goroutine waits for more to read, or takes it.
func (s *Socket) Reading() bool { return s.reading.Load() }

// Received is how many bytes were read.
func (s *Socket) Received() uint64 { return s.received.Load() }

// Limit is that of a message.
func (s *Socket) Limit() int64 { return s.rules.Limit }

// Failure is why nothing can be written any more, or nil.
func (s *Socket) Failure() error {
	if err := s.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Resumed notes that reading goes on after a pause.
func (s *Socket) Resumed() { s.lastResume.Store(int64(s.Now())) }

// LastResumed is when, or zero.
func (s *Socket) LastResumed() time.Duration { return time.Duration(s.lastResume.Load()) }
