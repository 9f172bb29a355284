package actors

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// dialed is how a dial, or a server's handshake, ended: with a socket or with an
// error.
type dialed struct {
	epoch uint64
	ws    *ws.Conn
	value any // of a server's WithUpgrade
	err   error
}

// Discard implements mailbox.Discarder: nobody waits for the socket any more.
func (d *dialed) Discard() {
	if d.ws == nil {
		return
	}
	d.ws.Abort()
}

// refuseReady tells the peer of a socket that there is nobody here to open it for. It is
// not what the next epoch begins with.
func (c *connection) refuseReady() {
	if d := c.conn.kept.ready; d != nil {
		_ = d.ws.Close(messages.CloseInternalError, "")
		d.ws.CloseNow() // what was written still goes out
		c.conn.kept.ready = nil
	}
}

// discardReady is for when there will be no next epoch.
func (c *connection) discardReady() {
	if c.conn.kept.ready != nil {
		c.conn.kept.ready.Discard()
		c.conn.kept.ready = nil
	}
}

// startDial asks the tree's governor for a turn to dial.
func (c *connection) startDial() {
	c.waiting = c.conn.tree.clock.Now() + 1 // zero is none
	c.conn.kept.dials++
	c.conn.tree.Send(c.conn.tree.governor, &child.Dial{Conn: c.conn.pid, Number: c.conn.kept.dials, Host: c.conn.config.host})
}

// turn dials beside the actor, until cancelDial, and posts dialed. A turn that is not
// wanted any more has been given back already.
func (c *connection) turn(m *child.Turn) {
	if m.Number != c.conn.kept.dials || c.waiting == 0 {
		return
	}
	c.waiting = 0
	ctx, cancel := context.WithCancel(context.Background())
	c.cancelDial = cancel
	a := &dialAttempt{conn: c.conn, epoch: c.epoch, number: m.Number}
	go func() {
		defer cancel()
		a.run(ctx)
	}()
}

// stopDial ends an attempt, or the waiting for its turn.
func (c *connection) stopDial() {
	if c.cancelDial != nil {
		c.cancelDial()
	}
	if c.waiting != 0 {
		c.waiting = 0
		c.conn.leaveGovernor(c.conn.kept.dials)
	}
}

func (c *Conn) leaveGovernor(number uint64) {
	c.tree.Send(c.tree.governor, &child.DialOver{Conn: c.pid, Number: number})
}

// dialAttempt is one dial, on a goroutine of its own. For the connection it is over when
// its time is, whatever the peer does, or a function of the user's that it calls; for
// the governor when nothing of it is left.
type dialAttempt struct {
	conn          *Conn
	epoch, number uint64

	handshake ws.Attempt
	reported  atomic.Bool // set by whoever is first: the attempt itself, or the end of its time
}

// errExited is for a function of the user's, of whatever option, that calls
// runtime.Goexit.
var errExited = errors.New("a function of an option has made the goroutine of the dial exit")

func (a *dialAttempt) run(ctx context.Context) {
	d := &dialed{err: &messages.HandlerError{Reason: errExited, In: "Connect"}}
	defer func() {
		if d.ws == nil {
			a.handshake.Abort()
		}
		a.conn.leaveGovernor(a.number)
		a.report(d)
	}()
	d = a.connect(ctx)
}

// report tells the connection how the attempt ended, once.
func (a *dialAttempt) report(d *dialed) {
	if a.reported.Swap(true) {
		d.Discard()
		return
	}
	d.epoch = a.epoch
	a.conn.mailbox.post(d)
}

// limit returns a context that ends after d. When it does, or ctx does, before stop is
// called, the attempt is over for the connection; stop then returns false.
func (a *dialAttempt) limit(ctx context.Context, d time.Duration, why func(error) error) (_ context.Context, stop func() bool) {
	l := transport.LimitTime(ctx, time.Now().Add(d), a.handshake.Arrived)
	unwatch := context.AfterFunc(l, func() { a.report(&dialed{err: why(l.Err())}) })
	return l, func() bool {
		defer l.Stop()
		return unwatch() && l.Err() == nil // it ends before its AfterFunc begins
	}
}

// connect makes the attempt, with fresh credentials.
func (a *dialAttempt) connect(ctx context.Context) (d *dialed) {
	defer func() {
		if reason := recover(); reason != nil {
			d = &dialed{err: blame.Broke(reason)}
		}
	}()
	with, err := a.fresh(ctx)
	if err != nil {
		return &dialed{err: err}
	}
	return a.dial(ctx, with)
}

// dial makes the handshake.
func (a *dialAttempt) dial(ctx context.Context, with Credentials) *dialed {
	why := func(err error) error { return a.handshake.Explain(with.URL, err) }
	ctx, stop := a.limit(ctx, a.conn.config.handshakeTimeout, why)
	defer stop()
	made, err := a.handshake.Dial(ctx, a.conn.dialer(), ws.Request(with))
	if !stop() && err == nil {
		made.Abort()
		err = ctx.Err()
	}
	if err != nil {
		return &dialed{err: why(err)}
	}
	return &dialed{ws: made}
}
