package actors_test

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// armed is a transport that panics in one method, once it is told to.
type armed struct {
	net.Conn
	in    string
	armed atomic.Bool
}

func (a *armed) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	a.boom("Read")
	return n, err
}

func (a *armed) Write(p []byte) (int, error) {
	a.boom("Write")
	return a.Conn.Write(p)
}

func (a *armed) boom(in string) {
	if a.in == in && a.armed.Load() {
		panic(evil{})
	}
}

// The transport of a server's own listener that panics, on whatever goroutine it is
// read or written, fails its connection.
func TestAcceptTransportThatPanics(t *testing.T) {
	for _, in := range []string{"Read", "Write"} {
		t.Run(in, func(t *testing.T) {
			logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, listener *wstest.Server, _ *lines) {
				acceptor := actors.Accept(sup, actors.WithHandler(echoes))
				transports := make(chan *armed, 2)
				listener.Become(func(conn net.Conn) {
					a := &armed{Conn: conn, in: in}
					transports <- a
					wstest.HTTP(acceptor)(a)
				})
				clients := start(t)
				neighbour, others := connect(t, clients, listener)
				wstest.Next[*messages.Opened](t, others)
				<-transports
				conn, events := connect(t, clients, listener, actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
				wstest.Next[*messages.Opened](t, events)
				speaks(t, conn, events)
				(<-transports).armed.Store(true)
				_ = conn.Send(messages.Text("hello"))
				events.Last(t)
				speaks(t, neighbour, others)
				closeAndWait(t, neighbour, others)
				stopInTime(t, sup)
			})
		})
	}
}
