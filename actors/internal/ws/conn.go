// Package ws is one WebSocket over a transport.Socket, from the opening handshake, which is
// coder/websocket's, to the close frame (RFC 6455, RFC 7692). Between them coder/websocket
// reads and writes only what is compressed, and where the kernel cannot be asked.
//
// It alone knows both, and says in the errors of package messages why a peer was not
// understood. It must not know actors, nor who dials, retries or gives up: there is no
// state here but that of one socket.
package ws

import (
	"context"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/inflate"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// Conn is one WebSocket. One reads it, one writes it, and what either answers for
// itself, a pong say, goes aside: see WriteAside.
type Conn struct {
	// Socket is what it is spoken over.
	Socket *transport.Socket
	// conn is coder/websocket's, nil where it has done its part with the handshake: see
	// letGo.
	conn        *websocket.Conn
	subprotocol string
	onPong      func(payload []byte)
	// inflater is who reads's, nil until a message is compressed.
	inflater *inflate.Inflater
	// closing: this side has sent a close frame, or is about to. Who writes sets it, who
	// reads looks.
	closing atomic.Bool
}

// background is the only context on the hot path: with it coder/websocket
// allocates nothing, with one that can end 11 times a call.
var background = context.Background()

// Subprotocol is what was agreed on, or empty.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// OnPong sets who is told of pongs, on the goroutine that reads. It is called before the
// first read.
func (c *Conn) OnPong(f func(payload []byte)) { c.onPong = f }

// ponged is coder/websocket's OnPongReceived.
func (c *Conn) ponged(_ context.Context, payload []byte) {
	if c.onPong != nil {
		c.onPong(payload)
	}
}

// mayPong is coder/websocket's OnPingReceived. After a close frame nothing is sent any
// more (RFC 6455, section 5.5.1); left to itself it would try, and take the refusal for
// the end of the connection.
func (c *Conn) mayPong(context.Context, []byte) bool { return !c.SaidClose() }

// SaidClose reports whether this side has sent a close frame, or is about to. Anybody may
// ask.
func (c *Conn) SaidClose() bool { return c.closing.Load() }

// CloseNow closes the socket, once what was written has gone out, and gives back
// coder/websocket's buffers, and the window of what was inflated. Only who reads calls it,
// or nobody reads any more.
func (c *Conn) CloseNow() {
	if c.conn != nil {
		_ = c.conn.CloseNow()
	} else {
		_ = c.Socket.Close()
	}
	c.Socket.Forget()
	c.inflater = nil
}

// Abort closes at once, for when nobody reads.
func (c *Conn) Abort() {
	c.Socket.Abort()
	c.CloseNow()
}

// start is for when the handshake is over. Coder is who made it, over a body that can be
// left to it.
func (c *Conn) start(sock *transport.Socket, coder *websocket.Conn, compression websocket.CompressionMode) {
	c.Socket, c.conn = sock, coder
	c.subprotocol = coder.Subprotocol()
	coder.SetReadLimit(-1) // it is the guard's
	if compression == websocket.CompressionDisabled {
		sock.StartFraming() // past coder/websocket, where that can be
	}
}

// letGo has coder/websocket do no more than the handshake, where nothing is compressed and
// the kernel tells of what arrives: its state, which is more than half of an idle
// connection, goes. What it checks of frames the guard has always checked before it.
func (c *Conn) letGo(body interface{ Detach() }) {
	if !c.Socket.Framed() || !c.Socket.Framing() {
		return
	}
	c.Socket.StartAssembling()
	body.Detach()
	_ = c.conn.CloseNow() // returns its buffers
	c.conn = nil
}
