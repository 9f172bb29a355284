package actors_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// wrongs are what a peer may do to be closed for, and the code that it is told.
var wrongs = map[string]struct {
	frame []byte
	code  uint16
}{
	"opcode":     {wstest.Frame(0x83, []byte("x")), 1002},
	"text":       {wstest.Frame(0x81, []byte("\xff")), 1007},
	"too large":  {wstest.Frame(0x82, make([]byte, 1<<20)), 1009},
	"bad answer": {wstest.Frame(0x81, []byte("panic")), 1011},
}

// fussy panics at a message of 5 bytes.
func fussy() actor.Actor {
	return actor.ReceiveFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.Received); ok && len(m.Data) == 5 {
			panic("fussy")
		}
	})
}

// A peer that is closed for an error, with a megabyte and more under way, reads the
// close frame: this side reads what is there before it closes, or the kernel would reset
// the connection, and nothing would be left to read.
func TestCloseFrameMeetsAMegabyte(t *testing.T) {
	const times = 100
	flood := wstest.Frame(0x82, make([]byte, 60<<10))
	for name, wrong := range wrongs {
		// talks says all it has to before it reads a word.
		talks := func(conn net.Conn, r *bufio.Reader, masks func([]byte) []byte) heardOut {
			if _, err := conn.Write(masks(wrong.frame)); err != nil {
				return heardOut{err: err}
			}
			for range 20 {
				if _, err := conn.Write(masks(flood)); err != nil {
					return heardOut{err: err}
				}
			}
			return hearOut(r)
		}
		hears := func(t *testing.T, h heardOut) {
			t.Helper()
			if h.code != wrong.code || h.err != nil {
				t.Fatalf("the peer heard %v, want %d", h, wrong.code)
			}
		}
		options := []actors.Option{actors.WithHandler(fussy), actors.WithReadLimit(1<<20 - 1)}
		secured := httptest.NewTLSServer(nil)
		certificates := secured.TLS.Certificates
		secured.Close()

		t.Run(name+", of a server", func(t *testing.T) {
			heard := make(chan heardOut, 1)
			peer := func(conn net.Conn) {
				if r, err := wstest.Upgrade(conn); err == nil {
					heard <- talks(conn, r, func(b []byte) []byte { return b })
				}
			}
			onLoopback(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				for range times {
					conn := connectTo(t, sup, server, options...)
					hears(t, <-heard)
					_ = conn.Close(0, "")
				}
			})
			onLoopback(t, func(conn net.Conn) {
				secure := tls.Server(conn, &tls.Config{Certificates: certificates})
				peer(secure)
				_ = secure.Close()
			}, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				for range times / 5 {
					conn, err := actors.Connect(sup, "wss"+server.URL()[2:], append(options, actors.WithTLSConfig(trusted(t)))...)
					if err != nil {
						t.Fatal(err)
					}
					hears(t, <-heard)
					_ = conn.Close(0, "")
				}
			})
		})
		t.Run(name+", of a client", func(t *testing.T) {
			server := httptest.NewUnstartedServer(actors.Accept(start(t), options...))
			server.Start()
			defer server.Close()
			for range times {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				hears(t, talks(conn, upgraded(t, conn), masked))
				_ = conn.Close()
			}
			secure := httptest.NewTLSServer(actors.Accept(start(t), options...))
			defer secure.Close()
			for range times / 5 {
				conn, err := tls.Dial("tcp", secure.Listener.Addr().String(), trusted(t))
				if err != nil {
					t.Fatal(err)
				}
				hears(t, talks(conn, upgraded(t, conn), masked))
				_ = conn.Close()
			}
		})
	}
}
