package actors

import (
	"errors"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
)

// farewell is the end of a socket whose peer can still hear, though this side reads no
// more: it has closed, or done what it may not. First the handler handles what came
// before, then what it sent by then is written, then the close frame; all within the
// close timeout. So a question that is followed at once by a close is answered.
type farewell struct {
	code    messages.CloseCode
	reason  string
	handled bool   // the handler has nothing before it any more
	ticket  uint64 // of the queue: what was sent by then
	said    bool   // the close frame is written
	parting bool   // and taken by the kernel
}

// beginFarewell reports whether there is a farewell for what a reader has ended with:
// not if this side has said its own.
func (c *connection) beginFarewell(reason error) bool {
	switch {
	case c.failure != nil || c.ws.SaidClose():
		return false
	case c.phase == open:
		c.sayFarewell(reason)
	case c.phase == closing:
		c.finishClosing(reason)
	default:
		return false
	}
	return true
}

// sayFarewell begins that of an open socket.
func (c *connection) sayFarewell(reason error) {
	c.conn.logPanic(reason)
	c.failure = reason
	c.becauseOf(reason)
	c.phase = answering
	c.conn.setState(messages.StateClosing)
	c.stopTimers()
	c.failAsks(&messages.AnswerLostError{Epoch: c.epoch, Err: reason})
	code, text := lastWords(reason)
	c.farewell = &farewell{code: code, reason: text}
	c.conn.mailbox.closing = true
	c.expire(c.conn.config.closeTimeout)
	c.awaitHandler()
}

// finishClosing goes on with a close that was asked for, though nothing is read any
// more: what was queued before it is still written.
func (c *connection) finishClosing(reason error) {
	if errs.Is[*messages.PeerClosedError](reason) {
		c.failure = reason
	}
	c.farewell = &farewell{code: codeAsked(c.asked), reason: c.asked.Reason}
	c.handlerCaughtUp()
}

// lastWords are the code and the text of the close frame for a reason. A peer's are
// said back to it.
func lastWords(reason error) (messages.CloseCode, string) {
	if peer, ok := errs.As[*messages.PeerClosedError](reason); ok {
		return peer.Code, peer.Reason
	}
	switch code := ws.CloseCode(reason); code {
	case messages.CloseInternalError: // what a handler panicked with is not for the peer
		return code, ""
	default:
		text := errors.Unwrap(reason).Error()
		return code, text[:min(len(text), wire.MaxCloseReason)]
	}
}

// caughtUp says that a handler has handled what it had before it.
type caughtUp struct{ epoch uint64 }

// awaitHandler waits until the handler has handled what it has before it, if it can.
func (c *connection) awaitHandler() {
	switch h := &c.conn.kept.handler; {
	case h.pid == nil || h.suspended():
		c.handlerCaughtUp()
	case c.conn.config.handler.shared():
		c.acknowledged()
	default:
		mailbox, caughtUp := c.conn.mailbox, &caughtUp{c.epoch}
		h.inbox.PostUserMessage(&reader.Mark{Reached: func() { mailbox.post(caughtUp) }})
	}
}

// acknowledged is for when a shared handler may have handled everything.
func (c *connection) acknowledged() {
	if c.conn.link.Unhandled() == 0 {
		c.handlerCaughtUp()
	}
}

func (c *connection) caughtUp(m *caughtUp) {
	if m.epoch == c.epoch {
		c.handlerCaughtUp()
	}
}

// handlerCaughtUp has what was sent until now written before the close frame. What is
// sent from now on is for the next socket, if there will be one.
func (c *connection) handlerCaughtUp() {
	if f := c.farewell; f != nil && !f.handled && !f.said {
		f.handled, f.ticket = true, c.conn.mailbox.sends.Tail()
		c.closeIfWritten()
	}
}

// sayIfWritten writes the close frame if all that comes before it is written.
func (c *connection) sayIfWritten() {
	if f := c.farewell; !f.said && f.handled && c.handedOver(f.ticket) {
		c.say()
	}
}

// handedOver reports whether the socket has been handed all before a ticket of the
// queue, and what was urgent.
func (c *connection) handedOver(ticket uint64) bool {
	return c.conn.mailbox.sends.HandedOver(ticket) && c.conn.kept.inFlight.Again() == 0
}

// say writes the close frame of a farewell. Nothing is written after it.
func (c *connection) say() {
	f := c.farewell
	f.said, c.conn.mailbox.held = true, true
	c.sayClose(f.code, f.reason)
}

// partIfTaken is for the end of a run: once the kernel has it all, the socket is left
// to the peer, which may still have to read it.
func (c *connection) partIfTaken() {
	f := c.farewell
	if f == nil || !f.said || f.parting || !c.ws.Socket.Taken() {
		return
	}
	f.parting = true
	c.part()
}

// parted is the last that is heard of a socket after a farewell.
type parted struct {
	epoch  uint64
	closed bool // by the peer, with a close frame
}

// part leaves the socket to the peer, unless that has closed first: it then has
// nothing to say any more.
func (c *connection) part() {
	m := &parted{epoch: c.epoch, closed: true}
	if c.heardClose {
		c.conn.mailbox.post(m)
		return
	}
	c.expire(transport.Linger)
	go func() {
		m.closed = c.ws.Socket.Drain()
		c.conn.mailbox.post(m)
	}()
}

func (c *connection) parted(m *parted) {
	if m.epoch != c.epoch || c.farewell == nil {
		return
	}
	c.heardClose = m.closed
	c.farewell = nil
	c.ws.CloseNow()
	c.release()
	c.ended()
}

// sayRest is for a close that comes meanwhile. All that was queued before it is written,
// and what the handler has yet to say is refused.
func (c *connection) sayRest() {
	c.farewell.handled = false
	c.handlerCaughtUp()
}

// hurry is for when the time is over. What the handler has not said by now is not waited
// for, but the close frame still leaves if the kernel takes it.
func (c *connection) hurry() {
	if f := c.farewell; f.said || !c.ws.Socket.Ready() {
		c.cutShort()
		return
	}
	c.farewell.handled = true
	c.expire(transport.Linger)
	c.say()
}

func (c *connection) cutShort() {
	c.release()
	c.ended()
}

// failFarewell ends a farewell that cannot be said. Why the socket ends is known: what
// else may happen to the handler meanwhile is no failure of it.
func (c *connection) failFarewell(reason error) {
	switch {
	case errs.Is[*messages.InternalError](reason):
		c.failure = reason
		c.cutShort()
	case errs.Is[*messages.WriteError](reason):
		c.cutShort()
	}
}
