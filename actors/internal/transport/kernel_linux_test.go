package transport

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// around is somebody's connection around another, which says so.
type around struct {
	net.Conn
	below net.Conn
}

func (a around) NetConn() net.Conn { return a.below }

// tcpPair returns the two ends of a connection over loopback.
func tcpPair(t *testing.T) (net.Conn, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	mine, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mine.Close() })
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	_, _ = mine.(*net.TCPConn).SetWriteBuffer(64<<10), peer.(*net.TCPConn).SetReadBuffer(64<<10)
	return mine, peer
}

// The kernel is asked what has arrived, and what was taken while something waited, also
// below what somebody has put around a connection.
func TestAsksTheKernel(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"bare":   func(conn net.Conn) net.Conn { return conn },
		"around": func(conn net.Conn) net.Conn { return around{conn, around{conn, conn}} },
		"a file": func(conn net.Conn) net.Conn { return struct{ *net.TCPConn }{conn.(*net.TCPConn)} },
	} {
		conn, peer := tcpPair(t)
		s := New(wrap(conn), Options{Maximum: 64 << 20, WriteTimeout: time.Minute})
		say(t, peer, "news")
		for s.Unread() != len("news") {
			runtime.Gosched()
		}
		progress, written := Progress{}, 0
		for written < 8<<20 { // which no kernel takes with buffers as small
			n, err := s.Write(make([]byte, 256<<10))
			if written += n; err != nil {
				t.Fatal(err)
			}
		}
		if progress.Look(s); !progress.waits {
			t.Errorf("%s: nothing waits", name)
		}
		if _, err := io.CopyN(io.Discard, peer, int64(written)); err != nil {
			t.Fatal(err)
		}
		for progress.Look(s) == 0 {
			runtime.Gosched()
		}
		s.Abort()
	}
}

// Where nothing can be asked, nothing is said.
func TestKernelThatCannotBeAsked(t *testing.T) {
	conn, peer := net.Pipe()
	defer peer.Close()
	for name, transport := range map[string]net.Conn{
		"in memory": conn, "nothing below": around{conn, nil}, "panics": around{below: (*net.TCPConn)(nil)}, "a file of nothing": panicking{conn},
	} {
		s := New(transport, Options{})
		if n, o := s.Unread(), s.outflow(); n != 0 || o != (outflow{}) {
			t.Errorf("%s: %d unread, %+v", name, n, o)
		}
	}
}

// A socket that can be ended at one side is, and then read to the peer's end.
func TestDrainEndsWriting(t *testing.T) {
	conn, peer := tcpPair(t)
	s := New(conn, Options{Maximum: 1 << 20, Rules: wire.Rules{Limit: 10}})
	defer s.Abort()
	go func() {
		_, _ = io.Copy(io.Discard, peer) // until this side has ended
		_, _ = io.WriteString(peer, "\x81\x01x\x88\x00")
	}()
	if !s.Drain() {
		t.Error("the peer's close frame was not read")
	}
}

type panicking struct{ net.Conn }

func (panicking) NetConn() net.Conn { panic("of somebody else") }
