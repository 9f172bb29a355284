package load

import (
	"net"
	"sync"

	"github.com/gobwas/ws"
)

// Feeds is a server that sends to each client as fast as that takes it.
type Feeds struct {
	URL      string
	listener net.Listener
	batch    []byte
	feeds    sync.WaitGroup
}

// Feed sends messages of so many bytes, until Close.
func Feed(size int) (*Feeds, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	frame := response(size)
	f := &Feeds{
		URL: "ws://" + listener.Addr().String() + "/ws", listener: listener,
		batch: repeat(frame, max((16<<10)/len(frame), 1)),
	}
	f.feeds.Go(f.accept)
	return f, nil
}

func (f *Feeds) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.feeds.Go(func() { f.feed(conn) })
	}
}

func (f *Feeds) feed(conn net.Conn) {
	defer conn.Close()
	_, err := ws.Upgrade(conn)
	for err == nil {
		_, err = conn.Write(f.batch)
	}
}

// Close stops accepting, and waits until the clients are gone.
func (f *Feeds) Close() {
	_ = f.listener.Close()
	f.feeds.Wait()
}
