package actors

import (
	"crypto/tls"

	"golang.org/x/sys/unix"
)

// unread is how many bytes have arrived that nobody has read, or zero where the kernel
// cannot be asked.
func (s *socket) unread() (n int) {
	s.below(func(fd int) { n, _ = unix.IoctlGetInt(fd, unix.SIOCINQ) })
	return max(n, 0)
}

// below calls f with the file descriptor below the socket, and below TLS, if there is
// one.
func (s *socket) below(f func(fd int)) {
	raw := s.try.raw
	if secure, ok := s.Conn.(*tls.Conn); ok {
		raw = rawOf(secure.NetConn())
	}
	if raw != nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}
