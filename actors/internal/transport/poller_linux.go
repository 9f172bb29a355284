package transport

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
)

// Poller tells the readers of sockets when there is something to read, with one
// goroutine for all of them and none for an idle connection (a goroutine that waits
// in coder/websocket's read path has a stack of 4 KB, and one of 2 KB anywhere).
//
// It is an epoll instance of its own, edge-triggered, so that a wait costs no system
// call. The goroutine does not block a thread: the instance is itself a file that
// the Go runtime polls.
type Poller struct {
	file   *os.File
	epoll  syscall.RawConn // of the file, whose number may be another's once it is closed
	events [256]syscall.EpollEvent
	pages  [1024]atomic.Pointer[page]

	// generation is that of the last socket. The number of a file descriptor is
	// used again, and what is told of the one may be looked at when it is
	// another's.
	generation atomic.Uint32
}

// page holds the sockets of some file descriptors.
type page [1024]atomic.Pointer[Socket]

const edges = syscall.EPOLLIN | syscall.EPOLLRDHUP | 1<<31 // EPOLLET, which is negative in package syscall

// NewPoller returns nil if the system has none to give.
func NewPoller() *Poller {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	_ = syscall.SetNonblock(epoll, true) // what os.NewFile asks of a file to poll
	p := &Poller{file: os.NewFile(uintptr(epoll), "epoll")}
	if p.epoll, err = p.file.SyscallConn(); err != nil {
		_ = p.file.Close()
		return nil
	}
	go func() { _ = p.epoll.Read(p.poll) }() // until Close
	return p
}

// Close implements io.Closer.
func (p *Poller) Close() error { return p.file.Close() }

// poll wakes the readers of which there is news. It returns false: call again when
// there is more.
func (p *Poller) poll(epoll uintptr) bool {
	for {
		n, err := syscall.EpollWait(int(epoll), p.events[:], 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		p.tell(p.events[:max(n, 0)])
		if n < len(p.events) {
			return err != nil
		}
	}
}

// tell passes events on, but for those of a socket that is gone.
func (p *Poller) tell(events []syscall.EpollEvent) {
	for _, event := range events {
		if s := p.place(event.Fd).Load(); s != nil && s.registered.generation == uint32(event.Pad) {
			s.readable(event.Events&^syscall.EPOLLIN != 0)
		}
	}
}

// add has the reader of a socket told about it, until remove. It is for when nobody else
// reads it.
func (p *Poller) add(fd int, s *Socket) error {
	if fd >= len(p.pages)*len(page{}) {
		return syscall.EMFILE
	}
	s.registered = registration{fd: int32(fd), generation: p.generation.Add(1)}
	p.place(s.registered.fd).Store(s)
	err := p.control(syscall.EPOLL_CTL_ADD, fd, s, edges)
	if err != nil {
		p.remove(s)
	}
	return err
}

// modify has the kernel tell of a socket that was added, from now on and of what is there
// now; or only of its end.
func (p *Poller) modify(fd int, s *Socket, yes bool) {
	events := uint32(0)
	if yes {
		events = edges
	}
	_ = p.control(syscall.EPOLL_CTL_MOD, fd, s, events)
}

// drop has the kernel forget a socket, which it does by itself when that is closed.
func (p *Poller) drop(fd int) { _ = p.control(syscall.EPOLL_CTL_DEL, fd, nil, 0) }

// remove forgets a socket, which may be closed, and the place another's.
func (p *Poller) remove(s *Socket) { p.place(s.registered.fd).CompareAndSwap(s, nil) }

func (p *Poller) control(operation, fd int, s *Socket, events uint32) (err error) {
	event := syscall.EpollEvent{Events: events, Fd: int32(fd)}
	if s != nil {
		event.Pad = int32(s.registered.generation)
	}
	if closed := p.epoll.Control(func(epoll uintptr) { err = syscall.EpollCtl(int(epoll), operation, fd, &event) }); closed != nil {
		return closed
	}
	return err
}

func (p *Poller) place(fd int32) *atomic.Pointer[Socket] {
	slot := &p.pages[int(fd)/len(page{})]
	if slot.Load() == nil {
		slot.CompareAndSwap(nil, new(page))
	}
	return &slot.Load()[int(fd)%len(page{})]
}
