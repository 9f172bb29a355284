package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
)

// adopt spawns an actor whose parent and supervisor is the connection, and returns
// its mailbox, which is to be released.
//
// Not with ctx.Spawn: protoactor's set of children is half a kilobyte for two, and a
// restart stops all that are in it, of which the handler must not be one. So the
// connection stops what it has started. Its name does not begin with the connection's,
// as that of a child does: it would be 32 bytes more of each.
func adopt[M mailbox.Work](c *connection, props *actor.Props) (*actor.PID, M) {
	pid, err := actor.DefaultSpawner(c.conn.system, c.conn.system.ProcessRegistry.NextId(), props, c.ctx)
	if err != nil {
		panic(err)
	}
	m, _ := mailbox.Of[M](c.conn.system, pid)
	return pid, m
}

// stopReader stops the reader, and forgets it. What it still reads is for nobody.
func (c *connection) stopReader() {
	c.conn.credit.reader.Store(nil)
	if c.readerPID != nil {
		c.conn.tree.Stop(c.readerPID)
		c.readerPID = nil
	}
}

// readerFailed ends the epoch for a panic in the reader, which is a bug. Suspended as
// it is, it delivers nothing more and could not say so.
func (c *connection) readerFailed(reason error) {
	c.stopReader()
	c.fail(reason)
	if c.reader != nil {
		c.readerEnded(&readerEnded{epoch: c.epoch, err: c.failure})
	}
}
