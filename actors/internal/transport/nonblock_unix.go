//go:build unix

package transport

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// nonblock reads and writes what the kernel gives and takes at once. One may read while
// another writes.
type nonblock struct {
	raw syscall.RawConn // nil where the kernel cannot be asked
}

// syscallNow is one system call. Its functions are made once and take their arguments
// from it: a closure a call would be an allocation. It is nobody's between two calls, and
// so no part of an idle socket.
type syscallNow struct {
	write, writev, read func(fd uintptr)
	bytes, behind       []byte // behind: what writev writes after bytes
	n                   int
	err                 error
}

var syscalls = sync.Pool{New: func() any {
	c := &syscallNow{}
	c.write, c.writev, c.read = c.writeTo, c.writeBoth, c.readFrom
	return c
}}

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
	t.raw = raw
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
	c := syscalls.Get().(*syscallNow)
	return c.run(t.raw, c.write, p)
}

// writev is write of both, one after the other.
func (t *nonblock) writev(p, behind []byte) (int, error) {
	if t.raw == nil {
		return 0, nil
	}
	c := syscalls.Get().(*syscallNow)
	c.behind = behind
	return c.run(t.raw, c.writev, p)
}

// read returns how much was there: nothing and no error, if that is nothing.
func (t *nonblock) read(p []byte) (int, error) {
	c := syscalls.Get().(*syscallNow)
	return c.run(t.raw, c.read, p)
}

// run makes the call in Control, which unlike RawConn's Read and Write neither locks
// nor forgets that something has arrived meanwhile.
func (c *syscallNow) run(raw syscall.RawConn, call func(fd uintptr), p []byte) (int, error) {
	c.bytes, c.n, c.err = p, 0, nil
	err := raw.Control(call)
	if err == nil {
		err = c.err
	}
	n := c.n
	c.bytes, c.behind, c.err = nil, nil, nil
	syscalls.Put(c)
	return n, err
}

func (c *syscallNow) writeTo(fd uintptr) {
	n, err := syscall.Write(int(fd), c.bytes)
	for err == syscall.EINTR {
		n, err = syscall.Write(int(fd), c.bytes)
	}
	c.n, c.err = once(n, err)
}

func (c *syscallNow) readFrom(fd uintptr) {
	n, err := syscall.Read(int(fd), c.bytes)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), c.bytes)
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	c.n, c.err = once(n, err)
}

// once makes of "try again" that nothing was done.
func once(n int, err error) (int, error) {
	if errors.Is(err, syscall.EAGAIN) {
		return 0, nil
	}
	return max(n, 0), err
}
