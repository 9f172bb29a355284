//go:build interop && unix

package actors_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors/wstest"
)

// A client's handshakes: each waits for a server that answers, or begins TLS, while the
// client is stopped, and then closes.
func TestInteropStoppedHandshake(t *testing.T) {
	stoppedWhileHeld(t, "handshake", (*held).answer)
}

// stoppedWhileHeld stops a child as long as its peers are held, who serve it anew once
// they are let.
func stoppedWhileHeld(t *testing.T, role string, serve func(*held, net.Conn)) {
	t.Helper()
	cert := httptest.NewUnstartedServer(http.NotFoundHandler())
	cert.StartTLS()
	t.Cleanup(cert.Close)
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel() // it mostly waits
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			url := scheme + "://" + listener.Addr().String() + "/"
			if scheme == "wss" {
				listener = tls.NewListener(listener, cert.TLS)
			}
			peers := &held{rounds: make(chan chan struct{}, 1), asked: make(chan struct{}, stoppedConns)}
			round := make(chan struct{})
			peers.rounds <- round
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						serve(peers, conn)
						_ = conn.Close()
					}()
				}
			}()
			c := startChild(t, role+" at "+url)
			last := 0
			for tries := 0; tries < stoppedTries; tries += last {
				<-peers.asked
				for last = 1; more(peers.asked); last++ {
				}
				c.stop(t)
				next := make(chan struct{})
				peers.hold(next)
				close(round)
				<-time.After(stoppedFor)
				c.goOn(t)
				round = next
			}
			for range last { // who come again have had their say
				<-peers.asked
			}
			c.end(t)
			close(round)
			_ = listener.Close()
		})
	}
}

// answer answers a handshake when it is let, and closes.
func (h *held) answer(conn net.Conn) {
	round := <-h.rounds
	h.rounds <- round
	h.asked <- struct{}{}
	<-round
	if _, err := wstest.Upgrade(conn); err != nil {
		return
	}
	_, _ = conn.Write(wstest.Frame(0x88, []byte{3, 0xe9}))
	_, _ = io.Copy(io.Discard, conn)
}
