//go:build unix

package transport

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// nonblock reads and writes what the kernel gives and takes at once. Its functions are
// made once and take their arguments from the struct: a closure a call would be an
// allocation. One may read while another writes.
type nonblock struct {
	raw     syscall.RawConn // nil where the kernel cannot be asked
	writing syscallNow
	reading syscallNow
}

// syscallNow is one system call.
type syscallNow struct {
	call  func(fd uintptr)
	bytes []byte
	n     int
	err   error
}

// init reports whether the kernel can be asked.
func (t *nonblock) init(conn net.Conn) bool {
	var file syscall.Conn
	switch conn := conn.(type) { // not of whatever has the method: it may change what is read and written
	case *net.TCPConn:
		file = conn
	case *net.UnixConn:
		file = conn
	default:
		return false
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return false
	}
	t.raw, t.writing.call, t.reading.call = raw, t.writing.write, t.reading.read
	return true
}

// known reports likewise.
func (t *nonblock) known() bool { return t.raw != nil }

// wait calls f, and again whenever something has arrived, until f returns true.
func (t *nonblock) wait(f func() bool) error { return t.raw.Read(func(uintptr) bool { return f() }) }

// control calls f with the file descriptor.
func (t *nonblock) control(f func(fd uintptr)) error { return t.raw.Control(f) }

// write returns how much was taken: nothing, if the kernel cannot be asked.
func (t *nonblock) write(p []byte) (int, error) {
	if t.raw == nil {
		return 0, nil
	}
	return t.writing.run(t.raw, p)
}

// read returns how much was there: nothing and no error, if that is nothing.
func (t *nonblock) read(p []byte) (int, error) { return t.reading.run(t.raw, p) }

// run makes the call in Control, which unlike RawConn's Read and Write neither locks
// nor forgets that something has arrived meanwhile.
func (a *syscallNow) run(raw syscall.RawConn, p []byte) (int, error) {
	a.bytes, a.n, a.err = p, 0, nil
	err := raw.Control(a.call)
	a.bytes = nil
	if err == nil {
		err = a.err
	}
	return a.n, err
}

func (a *syscallNow) write(fd uintptr) {
	n, err := syscall.Write(int(fd), a.bytes)
	for err == syscall.EINTR {
		n, err = syscall.Write(int(fd), a.bytes)
	}
	a.n, a.err = once(n, err)
}

func (a *syscallNow) read(fd uintptr) {
	n, err := syscall.Read(int(fd), a.bytes)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), a.bytes)
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	a.n, a.err = once(n, err)
}

// once makes of "try again" that nothing was done.
func once(n int, err error) (int, error) {
	if errors.Is(err, syscall.EAGAIN) {
		return 0, nil
	}
	return max(n, 0), err
}
