// Gws is lxzan/gws: its own read loop on a goroutine a connection, with its pooled
// messages and a small read buffer.
package main

import (
	"net/http"

	"github.com/lxzan/gws"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/bench/systems/tuned"
)

func main() {
	system.Main(map[string]system.Role{
		"serve":   func(p system.Plan) error { return p.Serve(accept(p, echo{}, readBuffer)) },
		"tuned":   func(p system.Plan) error { return p.Serve(tuned.Handler(accept(p, echo{}, tuned.Buffer))) },
		"hub":     hub,
		"idle":    idle,
		"churn":   churn,
		"send":    send,
		"receive": receive,
	})
}

const readBuffer = 1024

func accept(p system.Plan, handler gws.Event, readBuffer int) http.Handler {
	upgrader := gws.NewUpgrader(handler, &gws.ServerOption{
		ReadBufferSize: readBuffer, ReadMaxPayloadSize: p.Limit, WriteMaxPayloadSize: p.Limit, // zero: the defaults
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: p.Deflate != "", ServerContextTakeover: p.Deflate == "takeover", ClientContextTakeover: p.Deflate == "takeover",
		},
	})
	return upgrading(upgrader)
}

func upgrading(upgrader *gws.Upgrader) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r)
		if err != nil {
			return
		}
		go c.ReadLoop()
	})
}

// echo answers every message, and pings, which gws leaves to its user.
type echo struct{ gws.BuiltinEventHandler }

func (echo) OnPing(c *gws.Conn, payload []byte) { _ = c.WritePong(payload) }

func (echo) OnMessage(c *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = c.WriteMessage(message.Opcode, message.Bytes())
}

func dial(p system.Plan, handler gws.Event) (*gws.Conn, error) {
	c, _, err := gws.NewClient(handler, &gws.ClientOption{
		Addr: p.URL, ReadBufferSize: readBuffer, ReadMaxPayloadSize: p.Limit, WriteMaxPayloadSize: p.Limit,
		TlsConfig: selfsigned.Client(),
	})
	return c, err
}

func idle(p system.Plan) error {
	return system.OpenAll(p.N, func() error {
		c, err := dial(p, echo{})
		if err == nil {
			go c.ReadLoop()
		}
		return err
	})
}

// churn closes as gws does: it does not wait for the peer's close frame.
func churn(p system.Plan) error {
	return system.Churn(p.N, func() error {
		c, err := dial(p, echo{})
		if err != nil {
			return err
		}
		return c.WriteClose(1000, nil)
	})
}

func send(p system.Plan) error {
	c, err := dial(p, echo{})
	if err != nil {
		return err
	}
	go c.ReadLoop()
	for message := make([]byte, p.Size); err == nil; {
		err = c.WriteMessage(gws.OpcodeBinary, message)
	}
	return err
}

// receive answers every N messages with one.
func receive(p system.Plan) error {
	c, err := dial(p, &counter{every: p.N})
	if err == nil {
		c.ReadLoop()
	}
	return err
}

type counter struct {
	gws.BuiltinEventHandler
	n, every int
}

func (t *counter) OnMessage(c *gws.Conn, message *gws.Message) {
	defer message.Close()
	if t.n++; t.n%t.every == 0 {
		_ = c.WriteMessage(message.Opcode, system.Answer(message.Bytes()))
	}
}
