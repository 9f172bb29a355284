package ws

import (
	"errors"
	"net"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// foreign is a connection that calls code of the user's, which an option brought: a
// panic in it is an error of the call.
type foreign struct {
	net.Conn
	option string
}

func (f *foreign) Read(p []byte) (n int, err error) {
	defer blame.Contained(f.option, &err)
	return f.Conn.Read(p)
}

func (f *foreign) Write(p []byte) (n int, err error) {
	defer blame.Contained(f.option, &err)
	return f.Conn.Write(p)
}

func (f *foreign) Close() (err error) {
	defer blame.Contained(f.option, &err)
	return f.Conn.Close()
}

func (f *foreign) SetDeadline(t time.Time) (err error) {
	defer blame.Contained(f.option, &err)
	return f.Conn.SetDeadline(t)
}

func (f *foreign) SetReadDeadline(t time.Time) (err error) {
	defer blame.Contained(f.option, &err)
	return f.Conn.SetReadDeadline(t)
}

func (f *foreign) SetWriteDeadline(t time.Time) (err error) {
	defer blame.Contained(f.option, &err)
	return f.Conn.SetWriteDeadline(t)
}

// CloseWrite is what a *net.TCPConn and a *tls.Conn have.
func (f *foreign) CloseWrite() (err error) {
	defer blame.Contained(f.option, &err)
	half, ok := f.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// NetConn is the one below, as *tls.Conn has it.
func (f *foreign) NetConn() net.Conn { return f.Conn }

// foreignTransport is what a dialer of the user's made. Its Close may wait, for a
// network that hangs say, and is called inside the connection.
type foreignTransport struct{ foreign }

// Close does not wait. A net.Pipe, closed, is kept by the timer of a deadline until that
// has come, and it cannot be taken back any more: before it is closed, it comes soon.
func (f *foreignTransport) Close() error {
	go func() {
		_ = f.foreign.SetWriteDeadline(time.Now().Add(transport.Linger))
		_ = f.foreign.Close()
	}()
	return nil
}

// transportOf returns a connection whose panics are errors.
func transportOf(conn net.Conn, option string) net.Conn {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		return conn
	default:
		return &foreignTransport{foreign{conn, option}}
	}
}
