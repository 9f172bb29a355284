package actors_test

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A heartbeat whose ping has to wait for its connection, which compresses or encrypts a
// message, does not run on the clock's goroutine: it may take its time there, and those of
// others come when they are due.
func TestHeartbeatThatMayWaitHoldsUpNobody(t *testing.T) {
	secure, certificate := trusted(t), certified(t)
	secure.ServerName = "example.com"
	for name, options := range map[string][]actors.Option{
		"compressed": {actors.WithCompression(websocket.CompressionContextTakeover)},
		"TLS":        {actors.WithTLSConfig(secure)},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, plain *wstest.Server) {
				server := wstest.Listen(func(conn net.Conn) {
					if name == "TLS" {
						conn = tls.Server(conn, certificate)
					}
					wstest.Echo(conn)
				})
				defer server.Close()
				url := server.URL()
				if name == "TLS" {
					url = "wss" + strings.TrimPrefix(url, "ws")
				}
				nobody := actors.WithHandler(wstest.NewRecorder().Handler)
				beats := func(n *int, takes time.Duration) actors.Option {
					return actors.WithHeartbeatRule(func() actors.Heartbeat {
						return actors.HeartbeatFunc(func(actors.Signs) actors.Beat {
							*n++
							pass(takes)
							return actors.Beat{Next: time.Second}
						})
					})
				}
				var slow, neighbours int
				if _, err := actors.Connect(sup, url, append(options, nobody, actors.WithDialContext(server.DialContext), beats(&slow, 5*time.Second))...); err != nil {
					t.Fatal(err)
				}
				connectTo(t, sup, plain, nobody, beats(&neighbours, 0))
				pass(29*time.Second + time.Second/2)
				synctest.Wait()
				if slow != 5 || neighbours != 30 {
					t.Errorf("it was asked %d times, and its neighbour %d times", slow, neighbours)
				}
			})
		})
	}
}
