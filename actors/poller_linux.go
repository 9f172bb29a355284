package actors

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
)

// poller tells the readers of a tree when there is something to read, with one
// goroutine for all of them and none for an idle connection (a goroutine that waits
// in coder/websocket's read path has a stack of 4 KB, and one of 2 KB anywhere).
//
// It is an epoll instance of its own, edge-triggered, so that a wait costs no system
// call. The goroutine does not block a thread: the instance is itself a file that
// the Go runtime polls.
type poller struct {
	file   *os.File
	epoll  int
	events [256]syscall.EpollEvent
	pages  [1024]atomic.Pointer[page]
}

// page holds the readers of some file descriptors.
type page [1024]atomic.Pointer[reader]

const edges = syscall.EPOLLIN | syscall.EPOLLRDHUP | 1<<31 // EPOLLET, which is negative in package syscall

// newPoller returns nil if the system has none to give.
func newPoller() *poller {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	_ = syscall.SetNonblock(epoll, true) // what os.NewFile asks of a file to poll
	p := &poller{file: os.NewFile(uintptr(epoll), "epoll"), epoll: epoll}
	raw, err := p.file.SyscallConn()
	if err != nil {
		_ = p.file.Close()
		return nil
	}
	go func() { _ = raw.Read(p.poll) }() // until Close
	return p
}

// Close implements io.Closer.
func (p *poller) Close() error { return p.file.Close() }

// poll wakes the readers of which there is news. It returns false: call again when
// there is more.
func (p *poller) poll(uintptr) bool {
	for {
		n, err := syscall.EpollWait(p.epoll, p.events[:], 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		for _, event := range p.events[:max(n, 0)] {
			if r := p.place(int(event.Fd)).Load(); r != nil {
				r.readable(event.Events&^syscall.EPOLLIN != 0)
			}
		}
		if n < len(p.events) {
			return err != nil
		}
	}
}

// add has a reader told about a socket, until remove.
func (p *poller) add(fd int, r *reader) error {
	if fd >= len(p.pages)*len(page{}) {
		return syscall.EMFILE
	}
	p.place(fd).Store(r)
	return syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: edges, Fd: int32(fd)})
}

// remove ends that. The kernel forgets a socket when it is closed.
func (p *poller) remove(fd int, r *reader) {
	if p.place(fd).CompareAndSwap(r, nil) {
		_ = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_DEL, fd, nil)
	}
}

func (p *poller) place(fd int) *atomic.Pointer[reader] {
	slot := &p.pages[fd/len(page{})]
	if slot.Load() == nil {
		slot.CompareAndSwap(nil, new(page))
	}
	return &slot.Load()[fd%len(page{})]
}
