// Package load drives WebSocket servers and clients at as little cost as it can:
// frames are made beforehand, and one goroutine serves all sockets with epoll.
package load

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// loop serves sockets on the goroutine that runs it.
type loop struct {
	epoll   int
	events  [512]unix.EpollEvent
	sockets map[int32]*socket
	buffer  [256 << 10]byte
}

// socket is a nonblocking one, taken from the Go runtime: being served by two
// pollers would be paid for.
type socket struct {
	fd   int
	file *os.File
	// got takes what was read. It must not keep the bytes.
	got func(*socket, []byte) error
	// unsent is what the kernel has not taken yet of what send was given.
	unsent []byte
}

var errClosed = errors.New("closed by the other end")

func newLoop() (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &loop{epoll: epoll, sockets: make(map[int32]*socket)}, err
}

func (l *loop) add(s *socket) error {
	l.sockets[int32(s.fd)] = s
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)})
}

// run serves until done says so or the deadline is over.
func (l *loop) run(deadline time.Time, done func() bool) error {
	for !done() {
		left := time.Until(deadline)
		if left <= 0 {
			return nil
		}
		n, err := unix.EpollWait(l.epoll, l.events[:], int(left.Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, event := range l.events[:max(n, 0)] {
			s := l.sockets[event.Fd]
			if event.Events&unix.EPOLLOUT != 0 {
				if err := l.send(s, s.unsent); err != nil {
					return err
				}
			}
			if event.Events&^unix.EPOLLOUT == 0 {
				continue
			}
			if err := l.read(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loop) read(s *socket) error {
	n, err := unix.Read(s.fd, l.buffer[:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return fmt.Errorf("read: %w", err)
	case n == 0:
		return errClosed
	}
	return s.got(s, l.buffer[:n])
}

// write writes all: what is in flight fits into the kernel's buffers.
func (s *socket) write(p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(s.fd, p)
		if errors.Is(err, unix.EAGAIN) {
			_, err = unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}, -1)
			n = 0
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("write: %w", err)
		}
		p = p[max(n, 0):]
	}
	return nil
}

// send writes what the kernel takes now, and the rest when it takes more: for messages
// larger than its buffers, while others are to be read. The bytes must stay as they are,
// and only one message of a socket may be on its way.
func (l *loop) send(s *socket, p []byte) error {
	n, err := unix.Write(s.fd, p)
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("write: %w", err)
	}
	waited := len(s.unsent) > 0
	s.unsent = p[max(n, 0):]
	waits := len(s.unsent) > 0
	if waited == waits {
		return nil
	}
	events := uint32(unix.EPOLLIN)
	if waits {
		events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, s.fd, &unix.EpollEvent{Events: events, Fd: int32(s.fd)})
}

func (l *loop) close() {
	for _, s := range l.sockets {
		_ = s.file.Close()
	}
	_ = unix.Close(l.epoll)
}
