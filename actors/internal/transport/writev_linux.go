package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// writeBoth is one system call for a header and its payload.
func (c *syscallNow) writeBoth(fd uintptr) {
	both := [][]byte{c.bytes, c.behind}
	n, err := unix.Writev(int(fd), both)
	for err == syscall.EINTR {
		n, err = unix.Writev(int(fd), both)
	}
	c.n, c.err = once(n, err)
}
