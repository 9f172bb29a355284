// Gorilla is gorilla/websocket: a goroutine a connection, a small read buffer,
// write buffers from a pool; a hub as in its chat example for the broadcast.
package main

import (
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/bench/systems/tuned"
)

func main() {
	system.Main(map[string]system.Role{
		"serve":   func(p system.Plan) error { return p.Serve(accept(p, echoes)) },
		"tuned":   serveTuned,
		"hub":     hub,
		"idle":    idle,
		"churn":   churn,
		"send":    send,
		"receive": receive,
	})
}

var (
	pool     = &sync.Pool{}
	upgrader = websocket.Upgrader{
		ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: pool,
		CheckOrigin: func(*http.Request) bool { return true },
	}
	dialer = websocket.Dialer{
		ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: pool, TLSClientConfig: selfsigned.Client(),
	}
)

// largeBuffer is that of clients that send large messages, which gorilla cuts into frames
// of a buffer each.
const largeBuffer = 64 << 10

// accept asks serve who serves the connection of a request.
func accept(p system.Plan, serve func(*http.Request) func(*websocket.Conn)) http.Handler {
	upgrader.EnableCompression = p.Deflate != "" // it knows only that without takeover
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		run := serve(r)
		go func() {
			defer c.Close()
			run(c)
		}()
	})
}

func serveTuned(p system.Plan) error {
	upgrader.ReadBufferSize = tuned.Buffer
	return p.Serve(tuned.Handler(accept(p, echoes)))
}

func echoes(*http.Request) func(*websocket.Conn) { return echo }

func echo(c *websocket.Conn) {
	var buffer []byte
	for {
		kind, reader, err := c.NextReader()
		if err != nil {
			return
		}
		if buffer, err = system.ReadAll(buffer[:0], reader); err != nil {
			return
		}
		if c.WriteMessage(kind, buffer) != nil {
			return
		}
	}
}

func dial(p system.Plan) (*websocket.Conn, error) {
	if p.Limit > largeBuffer {
		dialer.WriteBufferSize = largeBuffer
	}
	c, _, err := dialer.Dial(p.URL, nil)
	return c, err
}

func idle(p system.Plan) error {
	return system.OpenAll(p.N, func() error {
		c, err := dial(p)
		if err == nil {
			go echo(c)
		}
		return err
	})
}

// churn makes the closing handshake by hand.
func churn(p system.Plan) error {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	return system.Churn(p.N, func() error {
		c, err := dial(p)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.WriteMessage(websocket.CloseMessage, bye); err != nil {
			return err
		}
		if _, _, err = c.ReadMessage(); websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			err = nil
		}
		return err
	})
}

func send(p system.Plan) error {
	c, err := dial(p)
	if err != nil {
		return err
	}
	go echo(c)
	for message := make([]byte, p.Size); err == nil; {
		err = c.WriteMessage(websocket.BinaryMessage, message)
	}
	return err
}

// receive answers every N messages with one.
func receive(p system.Plan) error {
	c, err := dial(p)
	if err != nil {
		return err
	}
	var buffer []byte
	for {
		for range p.N {
			_, reader, err := c.NextReader()
			if err != nil {
				return err
			}
			if buffer, err = system.ReadAll(buffer[:0], reader); err != nil {
				return err
			}
		}
		if err := c.WriteMessage(websocket.BinaryMessage, system.Answer(buffer)); err != nil {
			return err
		}
	}
}
