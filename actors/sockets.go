package actors

import (
	"math"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// dialer is what the connection's sockets are made with, as a client.
func (c *Conn) dialer() *ws.Dialer {
	config := c.config
	return &ws.Dialer{
		DialContext: config.dialContext, Proxy: config.proxy, TLS: config.tls,
		Compression: config.compression, Socket: c.socketOptions(),
	}
}

// acceptor is what its socket is made with, as a server.
func (c *Conn) acceptor() *ws.Acceptor {
	config := c.config
	return &ws.Acceptor{
		Subprotocols: config.subprotocols, OriginPatterns: config.upgrade.origins.patterns,
		AnyOrigin: config.upgrade.origins.any, Compression: config.compression, Socket: c.socketOptions(),
	}
}

// socketOptions are those of the connection's sockets.
func (c *Conn) socketOptions() transport.Options {
	config := c.config
	return transport.Options{
		WriteTimeout: config.writeTimeout,
		Maximum:      int(min(uint64(2*config.sends.Bytes)+uint64(config.readLimit), math.MaxInt)), // a limit may be "none"
		Rules:        wire.Rules{Limit: config.readLimit, Masked: config.role == server},
		Masks:        config.role == client,
		Poller:       c.tree.poller,
	}
}
