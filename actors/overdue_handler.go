package actors

import (
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// handlerStopping says that a handler has begun to stop: it has handled everything that
// was before it.
type handlerStopping struct{ pid *actor.PID }

// handlerOverdue says that it should have stopped by now.
type handlerOverdue struct{ pid *actor.PID }

// handlerStopping gives the handler the close timeout to stop in: it may wait for a
// child that never does.
func (c *connection) handlerStopping(m *handlerStopping) {
	if m.pid.Equal(c.conn.kept.handler.pid) {
		overdue := &handlerOverdue{m.pid}
		c.conn.kept.handler.after(c.conn.config.closeTimeout, func() { c.conn.mailbox.post(overdue) })
	}
}

// after has something done after a while, and not what was to be done before, unless the
// handler ends until then.
func (h *handler) after(d time.Duration, f func()) {
	h.stopTimer()
	h.timer = time.AfterFunc(d, f)
}

// handlerOverdue leaves behind a handler that does not stop: the connection ends without
// it.
func (c *connection) handlerOverdue(m *handlerOverdue) {
	if !m.pid.Equal(c.conn.kept.handler.pid) {
		return
	}
	c.conn.system.Logger().Error("a handler has not stopped in time, and is left behind", slog.String("handler", m.pid.Id),
		slog.Duration("after", c.conn.config.closeTimeout))
	c.handlerStopped()
}
