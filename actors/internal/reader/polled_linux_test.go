package reader

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

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
func pairedReader(t *testing.T) (*Reader, net.Conn) {
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
