package load

import (
	"fmt"
	"net"
	"net/url"
	"sync"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"
)

// dialAll opens n sockets to a server, with the handshake unless it is plain TCP.
func (l *loop) dialAll(address string, n int, plain bool, got func(*socket, []byte) error) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	const parallel = 64
	sockets, failures := make([]*socket, n), make([]error, parallel)
	var dials sync.WaitGroup
	for i := range parallel {
		dials.Go(func() {
			for j := i; j < n && failures[i] == nil; j += parallel {
				sockets[j], failures[i] = dial(u, plain)
			}
		})
	}
	dials.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	for _, s := range sockets {
		s.got = got
		if err := l.add(s); err != nil {
			return err
		}
	}
	return nil
}

func dial(u *url.URL, plain bool) (*socket, error) {
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if !plain {
		if _, _, err := (ws.Dialer{}).Upgrade(conn, u); err != nil {
			return nil, fmt.Errorf("handshake with %v: %w", u, err)
		}
	}
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
