package load

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
)

// dialing is how sockets are opened.
type dialing struct {
	url   *url.URL
	plain bool // TCP, without the handshake
	hello Hello
	rooms int // that they ask for in turn, or zero
}

func newDialing(address string, plain bool, hello Hello) (dialing, error) {
	u, err := url.Parse(address)
	return dialing{url: u, plain: plain, hello: hello}, err
}

// secure says that TLS is spoken, which the sockets of a loop cannot.
func (d dialing) secure() bool { return d.url.Scheme == "wss" }

// room is where the i-th of the sockets is to be.
func (d dialing) room(i int) *url.URL {
	if d.rooms == 0 {
		return d.url
	}
	u := *d.url
	u.RawQuery = fmt.Sprint("room=", i%d.rooms)
	return &u
}

// open opens the i-th, and says hello.
func (d dialing) open(i int) (net.Conn, error) {
	conn, err := net.Dial("tcp", d.url.Host)
	if err != nil || d.plain {
		return conn, err
	}
	if d.secure() {
		conn = tls.Client(conn, selfsigned.Client())
	}
	dialer := ws.Dialer{Extensions: d.hello.extensions()}
	_, handshake, err := dialer.Upgrade(conn, d.room(i))
	if err != nil {
		err = fmt.Errorf("handshake with %v: %w", d.url, err)
	} else {
		err = d.hello.say(conn, handshake)
	}
	if err != nil {
		_ = conn.Close()
	}
	return conn, err
}

// openAll calls open n times, some at a time, with the number of each.
func openAll(n int, open func(i int) error) error {
	const parallel = 64
	failures := make([]error, parallel)
	var dials sync.WaitGroup
	for i := range parallel {
		dials.Go(func() {
			for j := i; j < n && failures[i] == nil; j += parallel {
				failures[i] = open(j)
			}
		})
	}
	dials.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// dialAll opens n sockets for the loop to serve.
func (l *loop) dialAll(d dialing, n int, got func(*socket, []byte) error) ([]*socket, error) {
	sockets := make([]*socket, n)
	if err := openAll(n, func(i int) (err error) {
		sockets[i], err = d.dial(i)
		return err
	}); err != nil {
		return nil, err
	}
	for _, s := range sockets {
		s.got = got
		if err := l.add(s); err != nil {
			return nil, err
		}
	}
	return sockets, nil
}

func (d dialing) dial(i int) (*socket, error) {
	conn, err := d.open(i)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return take(conn)
}

// take takes a connection's socket from the Go runtime.
func take(conn net.Conn) (*socket, error) {
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return nil, err
	}
	fd := int(file.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return &socket{fd: fd, file: file}, nil
}
