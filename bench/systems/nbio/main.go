// Nbio is lesismal/nbio: its own poller, no goroutine for a connection that is silent.
package main

import (
	"net"
	"net/http"
	"sync"

	"github.com/lesismal/llib/std/crypto/tls"
	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
	"github.com/sockvisor/sockvisor/bench/systems/system"
)

func main() {
	logging.SetLevel(logging.LevelNone)
	system.Main(map[string]system.Role{
		"serve": func(p system.Plan) error { return serve(p, http.HandlerFunc(echo)) },
		"hub":   func(p system.Plan) error { return serve(p, &hub{rooms: map[string]*room{}}) },
	})
}

// serve has nbio serve HTTP too, for its sockets are not those of net.
func serve(p system.Plan, handler http.Handler) error {
	config := nbhttp.Config{
		Network: "tcp", Handler: handler,
		Listen: func(string, string) (net.Listener, error) { return p.Bind() },
	}
	if p.TLS {
		secure, err := secured()
		if err != nil {
			return err
		}
		config.AddrsTLS, config.TLSConfig = []string{"127.0.0.1:0"}, secure
	} else {
		config.Addrs = []string{"127.0.0.1:0"}
	}
	engine := nbhttp.NewEngine(config)
	if err := engine.Start(); err != nil {
		return err
	}
	select {}
}

// secured is for nbio's own copy of crypto/tls, which does not wait.
func secured() (*tls.Config, error) {
	config, err := selfsigned.Server()
	if err != nil {
		return nil, err
	}
	own := config.Certificates[0]
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: own.Certificate, PrivateKey: own.PrivateKey}},
	}, nil
}

var echoes = func() *websocket.Upgrader {
	u := websocket.NewUpgrader()
	u.CheckOrigin = anyOrigin
	u.OnMessage(func(c *websocket.Conn, kind websocket.MessageType, data []byte) { _ = c.WriteMessage(kind, data) })
	return u
}()

func anyOrigin(*http.Request) bool { return true }

func echo(w http.ResponseWriter, r *http.Request) { _, _ = echoes.Upgrade(w, r, nil) }

// hub has rooms, named by the request.
type hub struct {
	mu    sync.Mutex
	rooms map[string]*room
}

type room struct {
	mu      sync.Mutex
	members []*websocket.Conn
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	room := h.room(system.Room(r))
	u := websocket.NewUpgrader()
	u.CheckOrigin = anyOrigin
	u.OnOpen(room.join)
	u.OnMessage(func(_ *websocket.Conn, kind websocket.MessageType, data []byte) { room.broadcast(kind, data) })
	_, _ = u.Upgrade(w, r, nil)
}

func (h *hub) room(name string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[name] == nil {
		h.rooms[name] = &room{}
	}
	return h.rooms[name]
}

func (r *room) join(c *websocket.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, c)
}

func (r *room) broadcast(kind websocket.MessageType, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.members {
		_ = c.WriteMessage(kind, data)
	}
}
