package actors

import (
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

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
	p := transport.NewPoller()
	_ = p.Close()
	treeOf(sup.Tree(nil)).polling.Store(p)
	events := wstest.NewRecorder()
	conn, err := Connect(sup, server.URL(), WithHandler(events.Handler))
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	for range 100 {
		conn.link.wake() // as the end of a pause does
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		wstest.Next[*messages.Received](t, events)
	}
	if r := conn.link.reader.Load(); r.polled || r.inbox.Queue.Waiting() {
		t.Error("the reader is woken as one without a goroutine")
	}
}

// The word that the peer has closed makes a reader read to the end, and no further: a
// stale one of another socket costs one read.
func TestHangUpIsReadToTheEnd(t *testing.T) {
	r, peer := pairedReader(t)
	r.Readable(true)
	if r.fill() || r.news.Load() {
		t.Error("a stale hang-up leaves news, though there is nothing to read")
	}
	if _, err := peer.Write([]byte("the last words")); err != nil {
		t.Fatal(err)
	}
	_ = peer.Close()
	r.Readable(true) // the only word of it
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
	path := filepath.Join(t.TempDir(), "socket") // what is written there has arrived
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	mine, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mine.Close() })
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	r := heldReader()
	r.ws = &ws.Conn{Socket: transport.New(mine, transport.Options{})}
	return r, peer
}
