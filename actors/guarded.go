package actors

import (
	"net"
	"time"
)

// guarded is a connection that calls code of the user's, which an option brought: a
// panic in it is an error of the call.
type guarded struct {
	net.Conn
	option string
}

func (g *guarded) Read(p []byte) (n int, err error) {
	defer contained(g.option, &err)
	return g.Conn.Read(p)
}

func (g *guarded) Write(p []byte) (n int, err error) {
	defer contained(g.option, &err)
	return g.Conn.Write(p)
}

func (g *guarded) Close() (err error) {
	defer contained(g.option, &err)
	return g.Conn.Close()
}

func (g *guarded) SetDeadline(t time.Time) (err error) {
	defer contained(g.option, &err)
	return g.Conn.SetDeadline(t)
}

func (g *guarded) SetReadDeadline(t time.Time) (err error) {
	defer contained(g.option, &err)
	return g.Conn.SetReadDeadline(t)
}

func (g *guarded) SetWriteDeadline(t time.Time) (err error) {
	defer contained(g.option, &err)
	return g.Conn.SetWriteDeadline(t)
}
