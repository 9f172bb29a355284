package transport

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// An event that was taken from the kernel before its socket was closed is not for the
// next socket with the same number.
func TestEventOfASocketThatIsGone(t *testing.T) {
	p := NewPoller()
	defer p.Close()
	mine, _ := filePair(t)
	another, _ := filePair(t)
	told := 0
	old, next := &Socket{}, &Socket{}
	old.SetReader(readableFunc(func(bool) { told++ }))
	next.SetReader(readableFunc(func(bool) { t.Error("a reader is told of a socket that is not its own") }))
	if err := p.add(mine, old); err != nil {
		t.Fatal(err)
	}
	stale := syscall.EpollEvent{Events: edges, Fd: int32(mine), Pad: int32(old.registered.generation)}
	p.tell([]syscall.EpollEvent{stale})
	if told != 1 {
		t.Fatal("the reader is not told of its own socket")
	}
	p.remove(old)
	replaceFile(t, another, mine) // closes it, and uses its number again
	if err := p.add(mine, next); err != nil {
		t.Fatal(err)
	}
	p.tell([]syscall.EpollEvent{stale})
	p.remove(old) // once more: the place is another's
	if p.place(int32(mine)).Load() != next {
		t.Error("a socket that is gone has removed another")
	}
}

// A poller that could not tell keeps nothing either.
func TestPollerKeepsNothingItCannotTellOf(t *testing.T) {
	p := NewPoller()
	_ = p.Close()
	mine, _ := filePair(t)
	if p.add(mine, &Socket{}) == nil {
		t.Fatal("a closed poller has taken a socket")
	}
	if p.place(int32(mine)).Load() != nil {
		t.Error("it keeps the socket")
	}
}

// readableFunc is a reader that never pauses.
type readableFunc func(hangUp bool)

func (f readableFunc) Readable(hangUp bool) { f(hangUp) }
func (readableFunc) Paused() bool           { return false }

// filePair returns the numbers of two sockets that are connected.
func filePair(t *testing.T) (one, other int) {
	t.Helper()
	fds := socketPair(t)
	t.Cleanup(func() { _, _ = syscall.Close(fds[0]), syscall.Close(fds[1]) })
	return fds[0], fds[1]
}

func socketPair(t *testing.T) [2]int {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fds
}

func replaceFile(t *testing.T, by, number int) {
	t.Helper()
	if err := syscall.Dup3(by, number, syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
}

// connOf returns a connection that takes over the number's socket.
func connOf(t *testing.T, number int) net.Conn {
	t.Helper()
	file := os.NewFile(uintptr(number), "pair")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
