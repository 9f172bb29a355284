package actors

import (
	"net"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// fail begins the end of the incarnation. The first reason counts.
func (c *connection) fail(reason error) {
	c.conn.logPanic(reason) // also of one that ends nothing any more
	if c.farewell != nil {
		c.failFarewell(reason)
		return
	}
	if c.failure != nil || c.phase == down || c.phase == closed {
		return
	}
	c.failure = reason
	c.becauseOf(reason)
	said := c.phase == open && c.sayWhy(ws.CloseCode(reason))
	if c.phase != closing {
		c.phase = failing
		c.conn.setState(messages.StateConnecting)
	}
	if c.reader != nil && (said || errs.Is[*messages.WriteError](reason)) {
		c.detach()
		c.expire(transport.Linger) // what the peer said last may still be there to read
		return
	}
	c.release()
	if c.reader == nil {
		c.ended()
	}
}

// becauseOf notes what ends the epoch, unless something else has begun to.
func (c *connection) becauseOf(reason error) {
	switch {
	case c.cause != "":
	case errs.Is[*messages.PeerClosedError](reason):
		c.cause = messages.CausePeer
	default:
		c.cause = messages.CauseFailure
	}
}

// sayWhy tells a peer that may still listen what it is not to blame for, and reports
// whether it has. What the peer still sends is read, for nobody: closed with bytes that
// nobody read, the socket would be reset, and the close frame with it.
func (c *connection) sayWhy(code messages.CloseCode) bool {
	if code != messages.CloseInternalError || c.reader == nil {
		return false
	}
	c.reader.Quiet()
	err := c.ws.Close(code, "")
	c.ws.Socket.Flush()
	return err == nil
}

// readerEnded is the last that is read of a socket.
func (c *connection) readerEnded(m *readerEnded) {
	if m.epoch != c.epoch || c.reader == nil {
		m.Discard()
		return
	}
	c.reader = nil
	if c.stuck != nil {
		c.stuck.Stop()
	}
	c.stopReader()
	c.heardClose = errs.Is[*messages.PeerClosedError](m.err)
	if m.open && c.beginFarewell(m.err) {
		return
	}
	m.Discard()
	switch c.phase {
	case open:
		c.fail(m.err)
	case changing:
		c.changed(m.err)
	case closing, failing:
		c.explain(m.err)
		c.ended()
	}
}

// explain takes the reader's reason where it is the better one: a socket that
// closes as asked has no other, and one that cannot be written to was often told
// why before.
func (c *connection) explain(reason error) {
	switch {
	case c.failure == nil && errs.Is[*messages.PeerClosedError](reason):
		c.failure = reason
	case errs.Is[*messages.WriteError](c.failure) && !errs.Wraps(reason, net.ErrClosed):
		c.failure = reason
	}
	if c.cause == messages.CauseFailure && errs.Is[*messages.PeerClosedError](c.failure) {
		c.cause = messages.CausePeer
	}
}

// ended says, now that nothing more of the epoch can come, how it ended: to the
// handler if it failed, and then to the supervisor, unless it is over for good.
func (c *connection) ended() {
	c.forget()
	if c.failure != nil && !errs.Is[*messages.PeerClosedError](c.failure) {
		c.tell(&messages.Failed{Conn: c.conn.pid, Epoch: c.epoch, Err: c.failure})
	}
	if c.asked != nil {
		c.end()
		return
	}
	c.phase = down
	c.conn.setState(messages.StateConnecting)
	panic(&child.Failure{
		Epoch: c.epoch, Uptime: c.uptime(), Err: c.failure, Ready: c.conn.kept.ready != nil, Final: c.conn.config.failFast && c.epoch == 1 && c.ws == nil,
	})
}

// forget settles what waits for the socket of this epoch.
func (c *connection) forget() {
	if c.failure == nil {
		c.failAsks(&messages.ClosedError{})
	} else {
		c.failAsks(&messages.AnswerLostError{Epoch: c.epoch, Err: c.failure})
	}
	c.abandon()
}

func (c *connection) uptime() time.Duration {
	if c.ws == nil {
		return 0
	}
	return c.ws.Socket.Now() - c.openedAt
}

// decide is the supervisor's answer: the handler learns that the epoch is over
// and whether there will be another.
func (c *connection) decide(d *child.Decision) {
	c.conn.tree.Publish(d.Event(c.conn.pid))
	if d.Epoch != c.epoch || c.phase != down || c.decided {
		return
	}
	c.decided, c.attempt = true, d.Attempt
	if !d.Retry || c.asked != nil {
		if c.asked == nil && c.conn.config.role == client {
			c.gaveUp = d.Err
		}
		c.end()
		return
	}
	c.tellClosed(&messages.Closed{WillRetry: true, RetryIn: d.Delay})
	if c.hurried {
		c.reconnect()
	}
}

func (c *connection) reconnect() {
	switch c.phase {
	case down:
		c.conn.tree.Send(c.ctx.Parent(), &child.RestartNow{Conn: c.conn.pid, Epoch: c.epoch})
	case answering, failing:
		c.hurried = true
	case open:
		c.probe()
	}
}
