package transport

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Unread is how many bytes have arrived that nobody has read, or zero where the kernel
// cannot be asked.
func (s *Socket) Unread() (n int) {
	s.below(func(fd int) { n, _ = unix.IoctlGetInt(fd, unix.SIOCINQ) })
	return max(n, 0)
}

// outflow asks TCP what has become of what was written. It says nothing of what is not
// TCP.
func (s *Socket) outflow() (o outflow) {
	s.below(func(fd int) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			o = outflow{
				acked: info.Bytes_acked, waits: info.Notsent_bytes > 0,
				quiet: time.Duration(info.Last_ack_recv) * time.Millisecond,
			}
		}
	})
	return o
}

// below calls f with the file descriptor below the socket, and below TLS and whatever
// the user has put around it, if there is one. It is only asked: who may read from it
// and write to it is said by nonblock.
func (s *Socket) below(f func(fd int)) {
	defer func() { _ = recover() }() // of the user's
	if raw := s.kernel.raw; raw != nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
		return
	}
	conn := s.Conn
	for {
		switch around := conn.(type) {
		case interface{ NetConn() net.Conn }: // as *tls.Conn has
			conn = around.NetConn()
		case syscall.Conn:
			if raw, err := around.SyscallConn(); err == nil {
				_ = raw.Control(func(fd uintptr) { f(int(fd)) })
			}
			return
		default:
			return
		}
	}
}
