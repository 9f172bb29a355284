// Coder is raw coder/websocket: a goroutine a connection of its own, so that the
// HTTP server's, with its buffers, is gone; Reader into a reused buffer; contexts
// without a deadline.
package main

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/bench/systems/tuned"
)

func main() {
	system.Main(map[string]system.Role{
		"serve":   func(p system.Plan) error { return p.Serve(accept(p, echo)) },
		"tuned":   func(p system.Plan) error { return p.Serve(tuned.Handler(accept(p, echo))) },
		"ping":    func(p system.Plan) error { return p.Serve(accept(p, pinged(p.Interval))) },
		"idle":    idle,
		"churn":   churn,
		"send":    send,
		"receive": receive,
	})
}

var ctx = context.Background()

func accept(p system.Plan, run func(*websocket.Conn)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: compression[p.Deflate]})
		if err != nil {
			return
		}
		allow(c, p)
		go func() {
			defer c.CloseNow()
			run(c)
		}()
	})
}

// compression is that of a plan.
var compression = map[string]websocket.CompressionMode{
	"": websocket.CompressionDisabled, "no-takeover": websocket.CompressionNoContextTakeover, "takeover": websocket.CompressionContextTakeover,
}

// allow raises the read limit, which is 32 KiB.
func allow(c *websocket.Conn, p system.Plan) {
	if p.Limit > 0 {
		c.SetReadLimit(int64(p.Limit))
	}
}

func echo(c *websocket.Conn) {
	var buffer []byte
	for {
		kind, reader, err := c.Reader(ctx)
		if err != nil {
			return
		}
		if buffer, err = system.ReadAll(buffer[:0], reader); err != nil {
			return
		}
		if c.Write(ctx, kind, buffer) != nil {
			return
		}
	}
}

// pinged echoes, and pings in a loop beside it, as coder/websocket's users do.
func pinged(interval time.Duration) func(*websocket.Conn) {
	return func(c *websocket.Conn) {
		go func() {
			ticker := time.NewTicker(interval)
			defer ticker.Stop()
			for range ticker.C {
				timeout, cancel := context.WithTimeout(ctx, 3*time.Second)
				err := c.Ping(timeout)
				cancel()
				if err != nil {
					c.CloseNow()
					return
				}
			}
		}()
		echo(c)
	}
}

// options trust a server whose certificate is its own.
var options = &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: selfsigned.Client()}}}

func dial(p system.Plan) (*websocket.Conn, error) {
	c, _, err := websocket.Dial(ctx, p.URL, options)
	if err == nil {
		allow(c, p)
	}
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

func churn(p system.Plan) error {
	return system.Churn(p.N, func() error {
		c, err := dial(p)
		if err != nil {
			return err
		}
		return c.Close(websocket.StatusNormalClosure, "")
	})
}

func send(p system.Plan) error {
	c, err := dial(p)
	if err != nil {
		return err
	}
	go echo(c) // somebody must read
	for message := make([]byte, p.Size); err == nil; {
		err = c.Write(ctx, websocket.MessageBinary, message)
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
			_, reader, err := c.Reader(ctx)
			if err != nil {
				return err
			}
			if buffer, err = system.ReadAll(buffer[:0], reader); err != nil {
				return err
			}
		}
		if err := c.Write(ctx, websocket.MessageBinary, system.Answer(buffer)); err != nil {
			return err
		}
	}
}
