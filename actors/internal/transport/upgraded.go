package transport

import (
	"io"
	"net"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// Upgraded is what is read and written after a client's handshake: the socket, or the
// TLS above it, and before that what was read with the answer.
type Upgraded struct {
	net.Conn
	sock  *Socket
	ahead []byte      // read with the answer
	open  bool        // the answer was taken: a refused one has no body to wait for
	guard *wire.Guard // nil if the socket itself sees frames, and has one
	left  bool        // whoever read and wrote is to leave it alone: see Detach
}

// Detach has Close do nothing.
func (u *Upgraded) Detach() { u.left = true }

// Close implements net.Conn.
func (u *Upgraded) Close() error {
	if u.left {
		return nil
	}
	return u.Conn.Close()
}

// Upgraded returns what is read from conn, which is above the socket or the socket
// itself, with what was read ahead of it. It reads nothing until it is opened.
func (s *Socket) Upgraded(conn net.Conn, ahead []byte) *Upgraded {
	u := &Upgraded{Conn: conn, sock: s, ahead: ahead}
	if !s.Polls() {
		u.guard = &wire.Guard{Rules: s.rules}
	}
	return u
}

// Open is for when the answer was taken.
func (u *Upgraded) Open() {
	u.open = true
	if u.guard != nil {
		u.sock.above = u
	}
}

// Read implements net.Conn.
func (u *Upgraded) Read(p []byte) (int, error) {
	switch {
	case !u.open:
		return 0, io.EOF
	case u.guard == nil:
		return u.read(p)
	case u.guard.Err() != nil:
		return 0, u.guard.Err()
	default:
		n, err := u.read(p)
		return u.guard.Sift(p[:n], err)
	}
}

func (u *Upgraded) read(p []byte) (int, error) {
	if len(u.ahead) == 0 {
		return u.Conn.Read(p)
	}
	n := copy(p, u.ahead)
	if u.ahead = u.ahead[n:]; len(u.ahead) == 0 {
		u.ahead = nil
	}
	return n, nil
}
