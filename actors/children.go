package actors

import (
	"net"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/messages"
)

// adopt spawns an actor whose parent and supervisor is the connection, and returns
// its mailbox, which is to be released.
//
// Not with ctx.Spawn: protoactor's set of children is half a kilobyte for two, and a
// restart stops all that are in it, of which the handler must not be one. So the
// connection stops what it has started. Its name does not begin with the connection's,
// as that of a child does: it would be 32 bytes more of each.
func adopt[M mailbox.Work](c *connection, props *actor.Props) (*actor.PID, M) {
	pid, err := actor.DefaultSpawner(c.conn.tree.system, c.conn.tree.system.ProcessRegistry.NextId(), props, c.ctx)
	if err != nil {
		panic(err)
	}
	m, _ := mailbox.Of[M](c.conn.tree.system, pid)
	return pid, m
}

// HandleFailure implements actor.SupervisorStrategy for the children.
func (c *connection) HandleFailure(_ *actor.ActorSystem, parent actor.Supervisor, who *actor.PID,
	_ *actor.RestartStatistics, reason, message any,
) {
	crash := mailbox.CrashOf(reason)
	switch {
	case who.Equal(c.conn.kept.handler.pid):
		c.handlerFailed(crash, message, parent)
	case who.Equal(c.readerPID):
		c.readerFailed(&messages.InternalError{Reason: crash.Reason, Stack: crash.Stack})
	case c.isHeartbeat(who):
		c.heartbeatCrashed(crash)
	default: // stopped, or never a child
		c.conn.logPanic(&messages.HandlerError{Reason: crash.Reason, Stack: crash.Stack})
		c.conn.tree.Do(func() { parent.StopChildren(who) })
	}
}

// startReader has the socket there is read.
func (c *connection) startReader() {
	pid, m := adopt[*reader.Inbox](c, c.conn.tree.readers.Props())
	c.readerPID = pid
	c.reader = m.Read(&c.conn.link, c.epoch, c.ws, c.conn.kept.handler.inbox)
}

// stopReader stops the reader, and forgets it. What it still reads is for nobody.
func (c *connection) stopReader() {
	c.conn.link.Detach()
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

// stuck says that a reader should have ended.
type stuck struct{ reader *reader.Reader }

// mayBeStuck waits a while for a reader that was cut off: its transport, or code of the
// user's that it calls, may hold it up.
func (c *connection) mayBeStuck() {
	if c.stuck != nil || c.conn.kept.stopped {
		return
	}
	m := &stuck{c.reader}
	c.stuck = timer.AfterFunc(transport.Linger, func() { c.conn.mailbox.post(m) })
}

// abandonReader goes on without a reader that does not end: what it still reads is for
// nobody.
func (c *connection) abandonReader(m *stuck) {
	if m.reader == c.reader {
		c.readerEnded(&readerEnded{epoch: c.epoch, err: net.ErrClosed})
	}
}

// startHeartbeat spawns that of the socket there is. The first beat is here and now.
func (c *connection) startHeartbeat() {
	if c.conn.config.heartbeat.off {
		return
	}
	_, m := adopt[*heartbeatInbox](c, c.conn.tree.heartbeat)
	h := m.Actor().(*heartbeat)
	h.inbox, h.conn, h.reader, h.opened = m, c.conn, c.reader, c.openedAt
	h.alarm.Init(h)
	c.conn.heartbeat.Store(h)
	m.Run()
}

// stopHeartbeat ends the looking for signs of life.
func (c *connection) stopHeartbeat() {
	if h := c.conn.heartbeat.Load(); h != nil {
		c.conn.tree.Stop(h.inbox.PID())
		c.conn.heartbeat.Store(nil)
	}
}

// probe asks for a sign of life now.
func (c *connection) probe() {
	if h := c.conn.heartbeat.Load(); h != nil {
		h.inbox.PostUserMessage(&beatDue{wanted: true})
	}
}

// isHeartbeat reports whether that of the socket there is is who.
func (c *connection) isHeartbeat(who *actor.PID) bool {
	h := c.conn.heartbeat.Load()
	return h != nil && who.Equal(h.inbox.PID())
}

// heartbeatCrashed ends the epoch for a panic of the rule, or for a bug. Suspended as it
// is, the heartbeat does nothing more.
func (c *connection) heartbeatCrashed(crash *mailbox.Crash) {
	c.stopHeartbeat()
	if blamed, ok := crash.Reason.(*messages.HandlerError); ok {
		c.fail(blamed)
		return
	}
	c.fail(&messages.InternalError{Reason: crash.Reason, Stack: crash.Stack})
}

// heartbeatFailed fails the socket that it is about.
func (c *connection) heartbeatFailed(m *heartbeatFailed) {
	if m.epoch == c.epoch && c.phase == open {
		c.fail(m.err)
	}
}
