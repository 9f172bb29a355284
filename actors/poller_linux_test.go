package actors

import (
	"log/slog"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// An event that was taken from the kernel before its socket was closed is not for the
// next socket with the same number.
func TestEventOfASocketThatIsGone(t *testing.T) {
	p := newPoller()
	defer p.Close()
	mine, _ := filePair(t)
	another, _ := filePair(t)
	old, next := heldReader(), heldReader()
	if err := p.add(mine, old); err != nil {
		t.Fatal(err)
	}
	stale := syscall.EpollEvent{Events: edges, Fd: int32(mine), Pad: int32(old.registered.generation)}
	p.tell([]syscall.EpollEvent{stale})
	if !old.hangUp.Load() {
		t.Fatal("the reader is not told of its own socket")
	}
	p.remove(old)
	replaceFile(t, another, mine) // closes it, and uses its number again
	if err := p.add(mine, next); err != nil {
		t.Fatal(err)
	}
	p.tell([]syscall.EpollEvent{stale})
	if next.hangUp.Load() || next.news.Load() {
		t.Error("a reader is told of a socket that is not its own")
	}
	p.remove(old) // once more: the place is another's
	if p.place(int32(mine)).Load() != next {
		t.Error("a reader that is gone has removed another")
	}
}

// A poller that could not tell keeps nothing either.
func TestPollerKeepsNothingItCannotTellOf(t *testing.T) {
	p := newPoller()
	_ = p.Close()
	mine, _ := filePair(t)
	r := heldReader()
	if p.add(mine, r) == nil {
		t.Fatal("a closed poller has taken a reader")
	}
	if p.place(int32(mine)).Load() != nil {
		t.Error("it keeps the reader")
	}
}

// A socket that the tree's poller cannot take is read by a goroutine that waits, and by
// nobody else.
func TestReaderWithoutPoller(t *testing.T) {
	server, err := wstest.ListenTCP(wstest.Echo)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sup, err := supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })))
	if err != nil {
		t.Fatal(err)
	}
	defer sup.Stop(t.Context())
	p := newPoller()
	_ = p.Close()
	treeOf(sup).polling.Store(p)
	events := wstest.NewRecorder()
	conn, err := Connect(sup, server.URL(), WithHandler(events.Handler))
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	for range 100 {
		conn.credit.poke() // as the end of a pause does
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		wstest.Next[*messages.Received](t, events)
	}
	if r := conn.credit.reader.Load(); r.polled || r.inbox.Queue.Waiting() {
		t.Error("the reader is woken as one without a goroutine")
	}
}

// The word that the peer has closed makes a reader read to the end, and no further: a
// stale one of another socket costs one read.
func TestHangUpIsReadToTheEnd(t *testing.T) {
	r, peer := pairedReader(t)
	r.readable(true)
	if r.fill() || r.news.Load() {
		t.Error("a stale hang-up leaves news, though there is nothing to read")
	}
	if _, err := peer.Write([]byte("the last words")); err != nil {
		t.Fatal(err)
	}
	_ = peer.Close()
	r.readable(true) // the only word of it
	if !r.fill() || r.broken != nil || !r.news.Load() {
		t.Errorf("after the last words: %v, news %v", r.broken, r.news.Load())
	}
	if !r.fill() || r.broken == nil {
		t.Error("the end is not read")
	}
}

// pairedReader returns one that never runs, of a socket, and the socket's peer.
func pairedReader(t *testing.T) (*reader, net.Conn) {
	t.Helper()
	fds := socketPair(t)
	mine, other := connOf(t, fds[0]), connOf(t, fds[1])
	r := heldReader()
	r.sock = &socket{Conn: mine, credit: &credit{}}
	if !r.sock.try.init(r.sock.Conn) {
		t.Fatal("the kernel cannot be asked")
	}
	return r, other
}

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
