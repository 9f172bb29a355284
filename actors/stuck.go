package actors

import (
	"net"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// stuck says that a reader should have ended.
type stuck struct{ reader *reader }

// mayBeStuck waits a while for a reader that was cut off: its transport, or code of the
// user's that it calls, may hold it up.
func (c *connection) mayBeStuck() {
	if c.stuck != nil || c.conn.kept.stopped {
		return
	}
	m := &stuck{c.reader}
	c.stuck = time.AfterFunc(transport.Linger, func() { c.conn.mailbox.post(m) })
}

// abandonReader goes on without a reader that does not end: what it still reads is for
// nobody.
func (c *connection) abandonReader(m *stuck) {
	if m.reader == c.reader {
		c.readerEnded(&readerEnded{epoch: c.epoch, err: net.ErrClosed})
	}
}
