package actors

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/messages"
)

// handler is the connection's view of its handler. It outlives the incarnations.
type handler struct {
	pid   *actor.PID
	inbox *reader.HandlerInbox // nil if it is shared
	// failures counts the panics since the connection last started. After
	// the first the handler is restarted at once, after a second it stays
	// suspended until the next start: a handler that cannot start must not
	// spin.
	failures int
	timer    *timer.Timer // of its end, nil before it has begun to stop
}

func (h *handler) suspended() bool { return h.failures > 1 }

func (h *handler) stopTimer() {
	if h.timer != nil {
		h.timer.Stop()
	}
}

// after has something done after a while, and not what was to be done before, unless the
// handler ends until then.
func (h *handler) after(d time.Duration, f func()) {
	h.stopTimer()
	h.timer = timer.AfterFunc(d, f)
}

// startHandler makes sure that there is a handler, or returns why there is none: a
// handler that panics later is restarted, one that cannot be made fails the attempt.
func (c *connection) startHandler() error {
	h := &c.conn.kept.handler
	switch config := &c.conn.config.handler; {
	case config.shared():
		h.pid = config.pid
		c.conn.tree.Do(func() { c.ctx.Watch(h.pid) })
		c.conn.link.Reset() // it gives back what is of this epoch only
	case h.pid == nil:
		if err := c.spawnHandler(); err != nil {
			return err
		}
	case h.suspended():
		c.conn.tree.Do(func() { c.ctx.(actor.Supervisor).RestartChildren(h.pid) })
	}
	h.failures = 0
	return nil
}

// tell sends an event to the handler.
func (c *connection) tell(event any) {
	if c.conn.kept.handler.pid != nil {
		c.conn.tree.Send(c.conn.kept.handler.pid, event)
	}
}

// ack is what a shared handler has handled.
func (c *connection) ack(m *messages.Ack) {
	if m != nil && m.Epoch == c.epoch && m.Count > 0 && c.conn.config.handler.shared() {
		c.conn.link.Give(int64(m.Count))
		c.acknowledged()
	}
}

// handlerFailed is for a panic of the handler. It ends the epoch.
func (c *connection) handlerFailed(crash *mailbox.Crash, message any, children actor.Supervisor) {
	h := &c.conn.kept.handler
	c.conn.link.GiveFor(message)
	h.failures++
	switch {
	case c.phase == closed:
		c.conn.tree.Do(func() { children.StopChildren(h.pid) }) // it had its last Closed, or never will
	case !h.suspended():
		c.conn.tree.Do(func() { children.RestartChildren(h.pid) })
	default:
		c.handlerCaughtUp() // or never will
	}
	c.fail(&messages.HandlerError{Reason: crash.Reason, Stack: crash.Stack})
}

// handlerStopped is for a handler that stopped, by itself or because the
// connection is over.
func (c *connection) handlerStopped() {
	c.conn.kept.handler.pid = nil
	c.conn.kept.handler.stopTimer()
	if c.phase == closed {
		c.finish()
		return
	}
	code := messages.CloseNormal
	if c.conn.config.handler.shared() {
		code = messages.CloseInternalError
	}
	c.close(&messages.Close{Code: code})
	c.handlerCaughtUp()
}

// stopHandler lets a handler of the connection's own handle what it has before
// it, the last Closed too, and then stop. It reports whether that is still to come.
func (c *connection) stopHandler() bool {
	switch h, inbox := &c.conn.kept.handler, c.conn.kept.handler.inbox; {
	case h.pid == nil:
		return false
	case c.conn.config.handler.shared():
		c.conn.tree.Do(func() { c.ctx.Unwatch(h.pid) })
		return false
	case h.suspended():
		c.conn.tree.Stop(h.pid)
	default:
		c.conn.tree.Poison(h.pid)
		h.after(c.conn.config.closeTimeout, func() { inbox.PostSystemMessage(&mailbox.StopSuspended{}) })
	}
	return true
}

// handlerStopping says that a handler has begun to stop: it has handled everything that
// was before it.
type handlerStopping struct{ pid *actor.PID }

// HandlerStopping implements reader.Owner.
func (m *connMailbox) HandlerStopping(who *actor.PID) { m.post(&handlerStopping{who}) }

// handlerStopping gives the handler the close timeout to stop in: it may wait for a
// child that never does.
func (c *connection) handlerStopping(m *handlerStopping) {
	if m.pid.Equal(c.conn.kept.handler.pid) {
		overdue := &handlerOverdue{m.pid}
		c.conn.kept.handler.after(c.conn.config.closeTimeout, func() { c.conn.mailbox.post(overdue) })
	}
}

// handlerOverdue says that it should have stopped by now.
type handlerOverdue struct{ pid *actor.PID }

// handlerOverdue leaves behind a handler that does not stop: the connection ends without
// it.
func (c *connection) handlerOverdue(m *handlerOverdue) {
	if !m.pid.Equal(c.conn.kept.handler.pid) {
		return
	}
	c.conn.tree.system.Logger().Error("a handler has not stopped in time, and is left behind", slog.String("handler", m.pid.Id),
		slog.Duration("after", c.conn.config.closeTimeout))
	c.handlerStopped()
}
