package ws

import (
	"net/http"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// Acceptor is what a server's sockets are made with. It is shared, and never changed.
type Acceptor struct {
	Subprotocols   []string // that are taken, the preferred first
	OriginPatterns []string
	AnyOrigin      bool
	Compression    websocket.CompressionMode
	Socket         transport.Options
}

// RefusedError is a request that is not upgraded, and how it is to be answered.
type RefusedError struct {
	Status int
	Reason string
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Reason }

// Accept upgrades a request (RFC 6455, section 4.2): it takes over the connection of a
// response, and answers there. Begin is called just before that. What the response's
// header holds, and is not for the handshake to say, goes out too.
//
// A RefusedError, or a HijackError, has written nothing. After any other nothing can be.
func (a *Acceptor) Accept(w http.ResponseWriter, r *http.Request, begin func()) (*Conn, error) {
	c := &Conn{}
	h := &hijacker{response: w, socket: a.Socket, header: make(http.Header), begin: begin}
	conn, err := websocket.Accept(h, withValidOffers(r), &websocket.AcceptOptions{
		Subprotocols:       a.Subprotocols,
		OriginPatterns:     a.OriginPatterns,
		InsecureSkipVerify: a.AnyOrigin,
		CompressionMode:    a.Compression,
		OnPingReceived:     c.mayPong,
		OnPongReceived:     c.ponged,
	})
	if err != nil {
		return nil, h.refusal(err)
	}
	h.reader.Reset(h.sock) // coder/websocket has put two readers of nothing before it, of 104 bytes
	c.start(h.sock, conn, a.Compression)
	c.letGo(h.body)
	return c, nil
}
