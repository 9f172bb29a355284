package actors

import (
	"math"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// socketOptions are those of the connection's sockets. Secure says that TLS, the server's
// or a proxy's, will be above one.
func (c *Conn) socketOptions(secure bool) socketOptions {
	config := c.config
	return socketOptions{
		writeTimeout: config.writeTimeout,
		maximum:      int(min(uint64(2*config.maxBytes)+uint64(config.readLimit), math.MaxInt)), // a limit may be "none"
		rules:        wire.Rules{Limit: config.readLimit, Masked: config.role == server},
		masks:        config.role == client,
		secure:       secure,
		poller:       c.tree.poller,
	}
}
