package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// timeless is a transport that knows no deadlines, as an SSH channel.
type timeless struct {
	net.Conn
	closed chan struct{}
}

func (timeless) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (timeless) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (timeless) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

func (c timeless) Close() error {
	close(c.closed)
	return c.Conn.Close()
}

const second = time.Second

// A write fails when the peer takes nothing within the timeout, and who wants to know is
// told, whatever the transport knows of deadlines: but not while the peer itself waits
// for this side to read.
func TestWriteTimeout(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"deadlines": func(conn net.Conn) net.Conn { return conn },
		"timeless":  func(conn net.Conn) net.Conn { return timeless{conn, make(chan struct{})} },
	} {
		for _, pause := range []time.Duration{0, 12 * second} {
			synctest.Test(t, func(t *testing.T) {
				conn, peer := net.Pipe()
				defer peer.Close()
				s := New(wrap(conn), Options{Maximum: 1 << 20, WriteTimeout: 5 * second})
				r := newTold()
				r.paused.Store(pause > 0)
				s.SetReader(r)
				failed := make(chan time.Duration, 1)
				s.Notify(func(err error) {
					if errors.Is(err, os.ErrDeadlineExceeded) {
						failed <- s.Now()
					}
				})
				_, _ = s.Write(make([]byte, 10))
				time.Sleep(pause)
				if r.paused.Store(false); pause > 0 {
					s.Resumed()
				}
				synctest.Wait()
				at := <-failed
				if s.LastResumed() != pause || at < pause+second || at > pause+9*second {
					t.Errorf("%s, paused for %v: failed after %v", name, pause, at)
				}
				s.Abort()
				_ = conn.Close()
			})
		}
	}
}

// A slow peer is none that takes nothing.
func TestSlowPeer(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"deadlines": func(conn net.Conn) net.Conn { return conn },
		"timeless":  func(conn net.Conn) net.Conn { return timeless{conn, make(chan struct{})} },
	} {
		synctest.Test(t, func(t *testing.T) {
			conn, peer := net.Pipe()
			defer peer.Close()
			s := New(wrap(conn), Options{Maximum: 1 << 20, WriteTimeout: 3 * second})
			defer s.Abort()
			taken := make(chan error, 1)
			s.Notify(func(err error) { taken <- err })
			const size = 100_000
			_, _ = s.Write(make([]byte, size))
			var progress Progress
			for read, room := 0, make([]byte, 8<<10); read < size; time.Sleep(second) {
				n, err := peer.Read(room)
				if read += n; err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if err := <-taken; err != nil || !s.Taken() {
				t.Errorf("%s: %v", name, err)
			}
			if last := progress.Look(s); last < 2*second {
				t.Errorf("%s: bytes that waited were last taken after %v", name, last)
			}
		})
	}
}

// A transport without deadlines is closed in time, though a write waits.
func TestCloseWithoutDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := net.Pipe()
		defer peer.Close()
		transport := timeless{conn, make(chan struct{})}
		s := New(transport, Options{Maximum: 1 << 20, WriteTimeout: time.Minute})
		_, _ = s.Write(make([]byte, 10))
		synctest.Wait()
		began := time.Now()
		_ = s.Close()
		if <-transport.closed; time.Since(began) != Linger {
			t.Errorf("closed after %v", time.Since(began))
		}
		if _, err := s.Write(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("writes with %v", err)
		}
	})
}

// What the peer said last is read before a socket is closed, and whether that was a close
// frame; it ends with that, with the end, or when nothing more comes.
func TestDrain(t *testing.T) {
	const closes = "\x88\x02\x03\xe8"
	for name, test := range map[string]struct {
		says   string
		closed bool
	}{
		"nothing": {"", false}, "a message": {"\x81\x01x", false}, "a close frame": {"\x81\x01x" + closes, true},
		"half a close frame": {"\x81\x01x" + closes[:2], false},
	} {
		synctest.Test(t, func(t *testing.T) {
			for _, guarded := range []bool{false, true} {
				conn, peer := net.Pipe()
				s := New(conn, Options{Maximum: 1 << 20, Rules: wire.Rules{Limit: 10}})
				if guarded {
					s.Upgraded(s, nil).Open()
				}
				go func() { _, _ = io.WriteString(peer, test.says) }()
				if closed := s.Drain(); closed != test.closed {
					t.Errorf("%s: %t", name, closed)
				}
				s.Abort()
				_ = peer.Close()
			}
		})
	}
}

// Where no frames are read apart, the guard sees all that is, with what was read before.
func TestReadsGuarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := net.Pipe()
		defer peer.Close()
		s := New(conn, Options{Maximum: 1 << 20, Rules: wire.Rules{Limit: 10}})
		defer s.Abort()
		room := make([]byte, 20)
		go func() { _, _ = io.WriteString(peer, "GET") }()
		if n, err := s.Read(room); err != nil || string(room[:n]) != "GET" {
			t.Errorf("before: %q, %v", room[:n], err)
		}
		s.Agreed(true, true)
		s.Prepend(nil)
		s.Prepend([]byte("\x81\x00\xc1"))
		if s.Guard(); s.Frames() {
			t.Error("it can be read without waiting")
		}
		if _, data, _ := s.TakeMessage(); data != nil {
			t.Error("a message passes the guard")
		}
		go func() { _, _ = io.WriteString(peer, "\x00\x81\x01x\x83\x00") }()
		read, err := io.ReadAll(s)
		var v *wire.Violation
		if string(read) != "\x81\x00\x81\x00\x81\x01x" || !errors.As(err, &v) {
			t.Errorf("read %q, %v", read, err)
		}
		if s.Compressed() || !s.Compressed() || s.Compressed() {
			t.Error("it is not the second message that is compressed")
		}
		if n, again := s.Read(room); n != 0 || again != err {
			t.Errorf("then %d bytes, %v", n, again)
		}
	})
}

// A read that this side's close ends says so, whatever the transport calls it.
func TestReadOfClosed(t *testing.T) {
	conn, peer := net.Pipe()
	defer peer.Close()
	s := New(conn, Options{})
	s.Abort()
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) || !s.Broken() {
		t.Errorf("reads %v", err)
	}
}

// Frames are written past who is above, if there is no TLS.
func TestStartFraming(t *testing.T) {
	for _, secure := range []bool{false, true} {
		conn, peer := net.Pipe()
		s := New(conn, Options{Maximum: 1 << 20, Secure: secure, WriteTimeout: time.Minute})
		s.StartFraming()
		if s.Framing() == secure {
			t.Errorf("secure %t: framing %t", secure, s.Framing())
		}
		go func() { _ = s.WriteFrame(wire.OpcodeText, []byte("x")) }()
		frame := make([]byte, 3)
		if _, err := io.ReadFull(peer, frame); err != nil || !bytes.Equal(frame, []byte("\x81\x01x")) {
			t.Errorf("got %q, %v", frame, err)
		}
		_ = s.SetWriteDeadline(time.Unix(1, 0)) // is the socket's own
		s.Abort()
		_ = peer.Close()
	}
}

// Who was held up has its turn, for as long as it was, within bounds.
func TestPatience(t *testing.T) {
	for late, want := range map[time.Duration]time.Duration{
		-second: 0, 0: 0, 1: Turn, 100 * time.Millisecond: 100 * time.Millisecond, time.Hour: Grace,
	} {
		if got := Patience(late); got != want {
			t.Errorf("%v late: %v", late, got)
		}
	}
}
