package ws

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/messages"
)

// hostile panics in all that is called.
type hostile struct{ net.Conn }

func (hostile) Read([]byte) (int, error)         { panic("read") }
func (hostile) Write([]byte) (int, error)        { panic("write") }
func (hostile) Close() error                     { panic("close") }
func (hostile) CloseWrite() error                { panic("half") }
func (hostile) SetDeadline(time.Time) error      { panic("deadline") }
func (hostile) SetReadDeadline(time.Time) error  { panic("read deadline") }
func (hostile) SetWriteDeadline(time.Time) error { panic("write deadline") }

// A panic in a transport of the user's is an error of the call, named after its option.
func TestForeign(t *testing.T) {
	f := &foreign{hostile{}, "WithDialContext"}
	for name, call := range map[string]func() error{
		"read":           func() error { _, err := f.Read(nil); return err },
		"write":          func() error { _, err := f.Write(nil); return err },
		"close":          f.Close,
		"half":           f.CloseWrite,
		"deadline":       func() error { return f.SetDeadline(time.Time{}) },
		"read deadline":  func() error { return f.SetReadDeadline(time.Time{}) },
		"write deadline": func() error { return f.SetWriteDeadline(time.Time{}) },
	} {
		var e *messages.HandlerError
		if err := call(); !errors.As(err, &e) || e.In != "WithDialContext" || e.Reason != name {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if f.NetConn() != net.Conn(hostile{}) {
		t.Error("another is below")
	}
}

// blocking is one whose Close waits for its test.
type blocking struct {
	net.Conn
	closed chan struct{}
}

func (b *blocking) Close() error {
	<-b.closed
	return nil
}

// The Close of a transport of the user's is not waited for, and of what cannot be half
// closed nothing is.
func TestTransportOf(t *testing.T) {
	b := &blocking{closed: make(chan struct{})}
	conn := transportOf(b, "WithDialContext")
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	b.closed <- struct{}{}
	if err := conn.(*foreignTransport).CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	own := &net.TCPConn{}
	if transportOf(own, "WithDialContext") != net.Conn(own) {
		t.Error("the kernel's is wrapped")
	}
}

// dated notes the last deadline that it had before it was closed.
type dated struct {
	net.Conn
	deadline time.Time
	closed   chan struct{}
}

func (d *dated) SetWriteDeadline(t time.Time) error {
	d.deadline = t
	return nil
}

func (d *dated) Close() error {
	close(d.closed)
	return nil
}

// Whatever its deadline was, when it is closed that is soon over: so long a timer has
// hold of it, as that of a net.Pipe does.
func TestClosedTransportIsSoonForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dated{closed: make(chan struct{})}
		conn := transportOf(d, "WithDialContext")
		_ = conn.SetWriteDeadline(time.Now().Add(time.Hour))
		_ = conn.Close()
		<-d.closed
		if left := time.Until(d.deadline); left != transport.Linger {
			t.Errorf("it is kept for %v", left)
		}
	})
}
