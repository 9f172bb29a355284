package actors

import (
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// close is the user's. What was queued before it is written, then the close
// frame, then the peer's is awaited.
func (c *connection) close(m *messages.Close) {
	c.conn.mailbox.sends.Close()
	if c.asked != nil || c.phase == closed {
		return // the second does nothing
	}
	c.asked = m
	c.becauseAsked()
	switch c.phase {
	case connecting:
		c.end()
	case open:
		c.startClosing()
	case changing:
		// The old socket closes, and then all.
	case answering:
		c.sayRest()
	case failing:
		// The reader ends, and then all.
	case down:
		if c.decided {
			c.end()
		}
	}
}

func (c *connection) startClosing() {
	c.phase = closing
	c.conn.setState(messages.StateClosing)
	c.stopDial() // of a rotation
	c.stopHeartbeat()
	// As in browsers: what arrives in the state closing is not delivered. So
	// a slow handler does not keep the reader from the peer's close frame.
	c.reader.Quiet()
	c.failAsks(&messages.ClosedError{})
	c.expire(c.conn.config.closeTimeout)
	c.conn.mailbox.closing = true
	c.closeIfWritten()
}

// closeIfWritten sends the close frame if one was asked for and the queue, which takes
// no more, is empty.
func (c *connection) closeIfWritten() {
	if c.farewell != nil {
		c.sayIfWritten()
		return
	}
	if c.phase != closing || c.failure != nil || c.ws.SaidClose() || c.conn.unsent() > 0 {
		return
	}
	c.confirmAll()
	c.startHandshake(codeAsked(c.asked), c.asked.Reason)
}

func codeAsked(m *messages.Close) messages.CloseCode {
	if m.Code == 0 {
		return messages.CloseNormal
	}
	return m.Code
}

// startHandshake begins the closing handshake. The reader ends with the peer's close
// frame, or when there is none in time.
func (c *connection) startHandshake(code messages.CloseCode, reason string) {
	if c.sayClose(code, reason) {
		c.expire(c.conn.config.closeTimeout)
	}
}

// sayClose writes a close frame, or fails.
func (c *connection) sayClose(code messages.CloseCode, reason string) bool {
	c.ws.Socket.Cork() // behind the last messages
	err := c.ws.Close(code, reason)
	if err != nil {
		c.fail(&messages.WriteError{Err: err})
	}
	return err == nil
}

// end is the end for good: the last Closed, then the handler, then the rest.
func (c *connection) end() {
	c.tellLast()
	if !c.stopHandler() {
		c.finish()
	}
}

// tellLast tells the last Closed. One who waited for the next attempt has had
// that of the epoch before: the attempt that will not be made ends in its place.
func (c *connection) tellLast() {
	c.conn.mailbox.sends.Close()
	c.conn.mailbox.over = true
	c.forget()
	c.closeInFlight()
	c.conn.kept.dropped, _ = c.conn.mailbox.sends.Depth()
	bare := c.ws == nil || c.told // there is no socket that could be cut off
	c.release()
	c.discardReady()
	if c.told {
		c.epoch, c.told, c.written, c.failure = c.conn.published.epoch.Add(1), false, 0, nil
		c.cause, c.heardClose = messages.CauseAsked, false
	}
	c.phase = closed
	c.conn.setState(messages.StateClosed)
	e := &messages.Closed{Dropped: c.conn.kept.dropped, Err: c.gaveUp}
	c.tellClosed(e)
	c.conn.kept.clean = e.Clean || bare
}

// tellClosed completes the Closed of this epoch and tells it.
func (c *connection) tellClosed(e *messages.Closed) {
	c.told = true
	e.Conn, e.Epoch, e.Attempt, e.Written = c.conn.pid, c.epoch, c.attempt, c.written
	e.Code, e.Reason, e.Clean = c.closeOf()
	e.Cause = c.cause
	if c.conn.kept.onClosed != nil && !e.WillRetry {
		c.conn.kept.onClosed(e.Code) // first: who hears of it finds it counted
	}
	c.tell(e)
}

// finish tells the supervisor that the connection is over, which then stops it,
// if it does not already.
func (c *connection) finish() {
	if c.conn.kept.reported {
		return
	}
	c.conn.kept.reported = true
	c.conn.tree.Send(c.ctx.Parent(), &child.Finished{Conn: c.conn.pid, Clean: c.conn.kept.clean, Dropped: c.conn.kept.dropped})
}

// becauseAsked notes that this side ends the epoch, unless something else has begun
// to. A rotation is none: there will be no next socket.
func (c *connection) becauseAsked() {
	if c.cause == "" || c.phase == changing {
		c.cause = messages.CauseAsked
	}
}

// closeOf returns what a Closed says: what the peer said last, else the code of the
// error for which this side closed, else what this side was asked to say.
func (c *connection) closeOf() (code messages.CloseCode, text string, clean bool) {
	if peer, ok := errs.As[*messages.PeerClosedError](c.failure); ok {
		return peer.Code, peer.Reason, c.bothClosed()
	}
	code = ws.CloseCode(c.failure)
	switch {
	case code != messages.CloseAbnormal:
	case c.cause == messages.CauseAsked && c.asked != nil:
		code = codeAsked(c.asked)
	case c.cause == messages.CauseAsked, c.cause == messages.CauseRotation: // or stopped by its PID
		code = messages.CloseGoingAway
	}
	return code, "", c.bothClosed()
}

// bothClosed reports whether both sides have sent a close frame.
func (c *connection) bothClosed() bool {
	return c.heardClose && c.ws.SaidClose()
}
