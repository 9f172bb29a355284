package transport

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// staged is a transport that calls a function at each of the calls it gets.
type staged struct {
	net.Conn
	stage  func()
	closed chan struct{}
	once   sync.Once
}

func (c *staged) Write(p []byte) (int, error) {
	c.stage()
	n, err := c.Conn.Write(p)
	c.stage()
	return n, err
}

func (c *staged) SetWriteDeadline(t time.Time) error {
	c.stage()
	err := c.Conn.SetWriteDeadline(t)
	c.stage()
	return err
}

func (c *staged) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// stagedSocket returns a socket whose peer reads so many bytes and then no more.
func stagedSocket(t *testing.T, reads int, stage func()) (*Socket, *staged) {
	t.Helper()
	conn, peer := net.Pipe()
	t.Cleanup(func() { _ = peer.Close() })
	transport := &staged{Conn: conn, stage: stage, closed: make(chan struct{})}
	s := New(transport, Options{Maximum: 1 << 20, WriteTimeout: time.Minute})
	go func() {
		for buffer := make([]byte, 1<<10); reads > 0; {
			n, err := peer.Read(buffer[:min(reads, len(buffer))])
			if reads -= n; err != nil {
				return
			}
		}
	}()
	return s, transport
}

// expectClosed checks that a socket that was closed is so in time, and keeps nothing.
func expectClosed(t *testing.T, s *Socket, transport *staged) {
	t.Helper()
	time.Sleep(Linger)
	synctest.Wait()
	select {
	case <-transport.closed:
	default:
		t.Error("the socket is open")
		_ = transport.Close()
		synctest.Wait()
	}
	if s.waiting() {
		t.Error("it keeps what it will never send")
	}
}

// A socket that is closed at whatever moment of a write is closed within the linger,
// though its peer reads no more.
func TestCloseAtAnyMomentOfAWrite(t *testing.T) {
	const most = 3 * minProgress
	for _, reads := range []int{0, 10, minProgress, most - 1, most} {
		for moment, reached := int64(1), true; reached; moment++ {
			synctest.Test(t, func(t *testing.T) {
				var s *Socket
				var calls atomic.Int64
				s, transport := stagedSocket(t, reads, func() {
					if calls.Add(1) == moment { // what it does calls this too
						_ = s.Close()
					}
				})
				for range 3 {
					_, _ = s.Write(make([]byte, minProgress))
				}
				synctest.Wait()
				if reached = calls.Load() >= moment; !reached {
					_ = s.Close() // when nobody does anything
				}
				expectClosed(t, s, transport)
				if t.Failed() {
					t.Fatalf("closed at moment %d of a write of which %d bytes were read", moment, reads)
				}
			})
		}
	}
}

// Likewise when the moments are the scheduler's, between the instructions of writing,
// flushing and closing by others.
func TestCloseBesideWriters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for round := range 2000 {
			s, transport := stagedSocket(t, round%3*minProgress/2, func() {})
			var start, done sync.WaitGroup
			start.Add(1)
			for _, f := range []func(){
				func() { _, _ = s.Write(make([]byte, minProgress)); _, _ = s.Write(make([]byte, 10)) },
				func() { s.Cork(); s.Flush() },
				func() { _ = s.Taken() },
				func() {
					if round%4 == 3 {
						s.fail(os.ErrDeadlineExceeded)
					}
					_ = s.Close()
				},
			} {
				done.Go(func() { start.Wait(); f() })
			}
			start.Done()
			done.Wait()
			expectClosed(t, s, transport)
			if t.Failed() {
				t.Fatalf("round %d", round)
			}
		}
	})
}

// What a socket has not sent is gone with it.
func TestClosedSocketKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, transport := stagedSocket(t, 0, func() {})
		_, _ = s.Write(make([]byte, 10))
		_, _ = s.Write(make([]byte, 10)) // behind the first, for which somebody waits
		s.Abort()
		if _, err := s.Write(nil); err == nil {
			t.Error("it takes more")
		}
		expectClosed(t, s, transport)
	})
}

// dated notes its last deadline of writing.
type dated struct {
	net.Conn
	deadline time.Time
	set      bool
}

func (d *dated) SetWriteDeadline(t time.Time) error {
	d.deadline, d.set = t, true
	return d.Conn.SetWriteDeadline(t)
}

// A write that was taken leaves no deadline behind: the timer of a net.Pipe would keep it,
// closed, until then.
func TestTakenWriteLeavesNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := net.Pipe()
		d := &dated{Conn: conn}
		s := New(d, Options{Maximum: 1 << 20, WriteTimeout: time.Hour})
		_, _ = s.Write(make([]byte, 10))
		_, _ = io.ReadFull(peer, make([]byte, 10))
		synctest.Wait()
		if !d.set || !d.deadline.IsZero() {
			t.Errorf("there is one: %v", d.deadline)
		}
		_ = peer.Close()
		s.Abort()
	})
}
