package actors

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/clock"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// maxAge is for how long a socket is used.
type maxAge struct {
	age    time.Duration
	jitter float64
}

// WithMaxAge changes to a fresh socket when one has been open for age, less a random
// part of it of at most jitter (0 to 1), so that connections that began together do not
// change together. [messages.Rotate] does so at once. The default is never.
//
// The fresh socket is opened first, in its turn, with fresh credentials. Only then are
// sends held back, the old socket is closed with a handshake (1001), and what the peer
// still says on it is received; then its Closed comes, and at once the next epoch. So
// no send is lost, and none is sent twice. If no fresh socket can be had the old one
// stays, and it is tried again after the default delay. None of this counts as a
// failure. Only for [Connect].
func WithMaxAge(age time.Duration, jitter float64) Option {
	return func(c *settings) {
		c.only(client, "WithMaxAge")
		c.maxAge = maxAge{age, jitter}
		if age == 0 {
			c.problem = invalid("WithMaxAge", "must be positive")
		}
	}
}

func (m maxAge) validate() error {
	switch {
	case m.age < 0:
		return invalid("WithMaxAge", "must be positive")
	case !(m.jitter >= 0 && m.jitter <= 1):
		return invalid("WithMaxAge", "jitter must be 0 to 1")
	}
	return nil
}

// next is after which time a socket is to be changed.
func (m maxAge) next() time.Duration {
	return m.age - time.Duration(rand.Float64()*m.jitter*float64(m.age))
}

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

// discardReady is for when there will be no next epoch.
func (c *connection) discardReady() {
	if c.conn.kept.ready != nil {
		c.conn.kept.ready.Discard()
		c.conn.kept.ready = nil
	}
}

// changed is the end of the old socket. Unless the peer closed it as it was asked to,
// something may be lost with it, which is a failure; but the fresh one is there.
func (c *connection) changed(reason error) {
	c.letGo()
	c.failure = reason
	c.phase = failing
	c.conn.setState(messages.StateConnecting)
	c.ended()
}
