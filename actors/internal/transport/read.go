package transport

import (
	"net"
	"os"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
)

// Read implements net.Conn for coder/websocket and those between it and the socket.
func (s *Socket) Read(p []byte) (int, error) {
	switch {
	case s.incoming.framed:
		return s.readFrame(p)
	case s.Polls():
		return s.readLine(p)
	case s.incoming.guard != nil:
		return s.readGuarded(p)
	default:
		return s.read(p)
	}
}

// Framed reports whether that is so.
func (s *Socket) Framed() bool { return s.incoming.framed }

// Wait calls f, and again whenever something has arrived, until f returns true: it waits
// on the goroutine that calls it, until the deadline of reading.
func (s *Socket) Wait(f func() bool) error { return s.kernel.wait(f) }

// Polls reports whether the kernel can be asked what WebSocket is sent.
func (s *Socket) Polls() bool { return s.poller != nil && !s.secure }

// Frames has Read hand out frames from now on, and reports whether the socket can
// be read without waiting.
func (s *Socket) Frames() bool {
	s.Calm()
	s.incoming.framed = s.Polls()
	return s.incoming.framed
}

// readFrame hands out bytes up to the end of the frame. Between frames, if it must
// not wait, it takes only what is there as a whole.
func (s *Socket) readFrame(p []byte) (int, error) {
	in := &s.incoming
	for in.left == 0 {
		if !in.patient && !in.message() {
			return 0, ErrLater
		}
		if in.next() {
			break
		}
		if err := s.more(); err != nil {
			return 0, in.ending(err)
		}
	}
	if ready := len(in.rest()); ready > 0 {
		if err := in.pass(int(min(int64(min(len(p), ready)), in.left)), &s.rules); err != nil {
			return 0, err
		}
		n := in.take(p)
		in.passed(n)
		return n, nil
	}
	return s.readRest(p)
}

// readRest reads more of the frame, past the frame buffer.
func (s *Socket) readRest(p []byte) (int, error) {
	in := &s.incoming
	n, err := s.read(p[:min(int64(len(p)), in.left)])
	in.left -= int64(n)
	if n, err = in.watchedBy(&s.rules).Sift(p[:n], err); err == nil {
		in.passed(n)
	}
	return n, err
}

// readGuarded hands out what was read before, and then waits.
func (s *Socket) readGuarded(p []byte) (int, error) {
	g := s.incoming.guard
	if g.Err() != nil {
		return 0, g.Err()
	}
	if ready := s.incoming.rest(); len(ready) > 0 {
		n := copy(p, ready)
		s.incoming.skip(n)
		return g.Sift(p[:n], nil)
	}
	n, err := s.read(p)
	return g.Sift(p[:n], err)
}

// readLine hands out a line of the answer to a handshake.
func (s *Socket) readLine(p []byte) (int, error) {
	if len(s.incoming.rest()) == 0 {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	return s.incoming.takeLine(p), nil
}

// more waits for more bytes.
func (s *Socket) more() error {
	n, err := s.read(s.incoming.room())
	s.incoming.add(n)
	s.incoming.release()
	return err
}

// read waits. A deadline that was for Wait is none for it.
func (s *Socket) read(p []byte) (int, error) {
	s.reading.Store(true)
	n, err := s.Conn.Read(p)
	for s.incoming.framed && n == 0 && errs.Wraps(err, os.ErrDeadlineExceeded) && !s.closing.Load() {
		_ = s.Conn.SetReadDeadline(time.Time{})
		n, err = s.Conn.Read(p)
	}
	err = s.noteRead(n, err)
	s.reading.Store(false)
	return n, err
}

// Fill takes in what the kernel has, without waiting, and reports whether it may
// have more.
func (s *Socket) Fill() (n int, more bool, err error) {
	if m := s.incoming.assembly; m != nil && m.left > 0 {
		return s.fillAssembly()
	}
	room := s.incoming.room()
	n, err = s.kernel.read(room)
	s.incoming.add(n)
	s.incoming.release()
	return n, n == len(room), s.incoming.ending(s.noteRead(n, err))
}

// Await waits until there is more of what is next, where messages are assembled, and nobody
// is told of what arrives.
func (s *Socket) Await() error {
	in := &s.incoming
	if s.HasPart() {
		return s.BeginPart()
	}
	m := in.assembly
	if m == nil || m.left == 0 {
		return s.awaitFrame()
	}
	n, err := s.read(m.room())
	if judged := s.judged(m.add(n, in.guard)); judged != nil {
		return judged
	}
	return in.ending(err)
}

// awaitFrame waits for more of the next frame. What there is of it may be enough to be
// refused.
func (s *Socket) awaitFrame() error {
	if s.incoming.header() {
		if err := s.Inspect(); err != nil {
			return err
		}
	}
	return s.incoming.ending(s.more())
}

const (
	// busyGap is how soon an arrival must follow the one before, and busyStreak how
	// often, for a socket to be busy: not for a heartbeat.
	busyGap    = 50 * time.Millisecond
	busyStreak = 4
)

func (s *Socket) noteArrival(now int64) {
	if now-s.lastRead.Swap(now) < int64(busyGap) {
		s.streak.Add(1)
		return
	}
	s.streak.Store(0)
}

// Busy reports whether one arrival follows the other.
func (s *Socket) Busy() bool { return s.streak.Load() >= busyStreak }

// Calm has it not be busy, until it is so again.
func (s *Socket) Calm() { s.streak.Store(0) }

func (s *Socket) noteRead(n int, err error) error {
	if n > 0 {
		s.received.Add(uint64(n))
		s.noteArrival(int64(s.Now()))
	}
	if err == nil {
		return nil
	}
	s.broken.Store(true)
	if s.closing.Load() {
		return net.ErrClosed // by this side, whatever the transport calls it
	}
	return err
}
