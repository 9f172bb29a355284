package actors

import (
	"log/slog"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/clock"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// aging has the clock say when a socket is as old as it may be.
type aging struct {
	conn  *Conn
	alarm clock.Alarm
}

// Ring implements clock.Ringer.
func (a *aging) Ring() {
	a.conn.mailbox.control.Push(a)
	a.conn.mailbox.RunHere()
}

func (c *connection) startAging() {
	if c.conn.config.maxAge.age > 0 {
		c.ageAfter(c.conn.config.maxAge.next())
	}
}

func (c *connection) ageAfter(d time.Duration) {
	c.stopAging()
	c.aging = &aging{conn: c.conn}
	c.aging.alarm.Init(c.aging)
	c.conn.tree.clock.Set(&c.aging.alarm, sum(c.conn.tree.clock.Now(), d), 0)
}

func (c *connection) stopAging() {
	if c.aging != nil {
		c.conn.tree.clock.Cancel(&c.aging.alarm)
		c.aging = nil
	}
}

func (c *connection) ageDue(m *aging) {
	if m == c.aging {
		c.rotate()
	}
}

// rotate has a fresh socket opened. A server cannot.
func (c *connection) rotate() {
	if c.phase != open || c.rotating || c.conn.config.role != client {
		return
	}
	c.rotating = true
	c.startDial()
}

// rotated changes to a socket that was opened for it, or tries again later.
func (c *connection) rotated(d *dialed) {
	c.cancelDial, c.rotating = nil, false
	if d.err != nil {
		c.conn.logPanic(d.err)
		c.conn.tree.Log(slog.LevelWarn, "no fresh socket, the old one stays", slog.String("conn", c.conn.pid.Id), slog.String("reason", d.err.Error()))
		c.ageAfter(supervisor.DefaultDelay)
		return
	}
	c.conn.kept.ready = d
	c.phase, c.cause = changing, messages.CauseRotation
	c.conn.mailbox.held = true
	c.stopHeartbeat()
	c.failAsks(&messages.AnswerLostError{Epoch: c.epoch, Err: errRotated})
	c.confirmAll()
	c.startHandshake(messages.CloseGoingAway, "")
}

// errRotated is why an answer that is late for a change of sockets is lost.
var errRotated = &messages.RotatedError{}

// changed is the end of the old socket. Unless the peer closed it as it was asked to,
// something may be lost with it, which is a failure; but the fresh one is there.
func (c *connection) changed(reason error) {
	c.detach()
	c.failure = reason
	c.phase = failing
	c.conn.setState(messages.StateConnecting)
	c.ended()
}
