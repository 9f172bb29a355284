package actors

import (
	"math"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// socketOptions are those of the connection's sockets. Secure says that TLS, the server's
// or a proxy's, will be above one.
func (c *Conn) socketOptions(secure bool) transport.Options {
	config := c.config
	return transport.Options{
		WriteTimeout: config.writeTimeout,
		Maximum:      int(min(uint64(2*config.sends.Bytes)+uint64(config.readLimit), math.MaxInt)), // a limit may be "none"
		Rules:        wire.Rules{Limit: config.readLimit, Masked: config.role == server},
		Masks:        config.role == client,
		Secure:       secure,
		Poller:       c.tree.poller,
	}
}
