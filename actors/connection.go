package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// phase is where an incarnation is. It only moves forward.
type phase uint8

const (
	connecting phase = iota
	open
	changing  // to a fresh socket, which is there: the handshake of closing is under way
	answering // the peer closes, or is closed for an error: see farewell
	closing   // the user asked for it: the handshake is under way
	failing   // something broke: the reader has yet to end
	down      // the supervisor decides, or has decided, about a restart
	closed    // over for good: the handler has yet to end
)

func (p phase) String() string {
	return [...]string{"connecting", "open", "changing", "answering", "closing", "failing", "down", "closed"}[p]
}

// connection is one incarnation of a connection: one attempt and its socket.
// What outlives it is kept in its Conn.
//
// It ends in one of two ways. A failure closes the socket and waits until the
// reader has ended, so that nothing of the epoch comes after its Closed; then it
// panics, once, with a child.Failure, and is inert. A close that the user
// asked for ends in the phase closed.
type connection struct {
	conn  *Conn
	ctx   actor.Context
	epoch uint64 // epoch of this incarnation

	waiting    time.Duration // since when it waits for its turn to dial, by the tree's clock; zero if it does not
	cancelDial func()
	ws         *ws.Conn
	reader     *reader.Reader // nil when there is none, or it has ended
	readerPID  *actor.PID     // nil when it is stopped
	openedAt   time.Duration  // since the socket was made
	aging      *aging         // nil if the socket may be as old as it likes
	written    uint64

	// Side by side, for they take no room then.
	phase      phase
	rotating   bool // a fresh socket is on its way
	heardClose bool // the peer has sent a close frame
	decided    bool // the supervisor has
	told       bool // the handler has its Closed of this epoch
	hurried    bool // the next attempt is not to wait: see messages.Reconnect

	cause    messages.CloseCause // of the end, empty before it has begun
	failure  error               // the first, which counts
	asked    *messages.Close     // by the user
	farewell *farewell           // to a peer that can still hear, nil if there is none
	timer    *timer.Timer        // of a step of ending
	stuck    *timer.Timer        // of a reader that was cut off
	quiet    *timer.Timer        // of a client that says nothing
	gaveUp   error               // why it does not try again
	attempt  int                 // as the supervisor counts
	expiring *closeDue           // of the present step of ending, nil if there is none
}

var (
	_ actor.Actor              = (*connection)(nil)
	_ actor.SupervisorStrategy = (*connection)(nil)
)

// Receive implements actor.Actor.
func (c *connection) Receive(ctx actor.Context) {
	defer c.contain()
	switch m := ctx.Message().(type) {
	case *messages.Send:
		c.send(m)
	case *sendqueue.Delivery:
		c.writeDelivery(m)
	case *messages.Ack:
		c.ack(m)
	case *messages.Close:
		c.close(m)
	case *messages.Inspect:
		c.conn.tree.Do(func() { ctx.Respond(c.inspect()) })
	case *messages.Reconnect:
		c.reconnect()
	case *messages.Rotate:
		c.rotate()
	case *child.Turn:
		c.turn(m)
	case *dialed:
		c.dialed(m)
	case *writable:
		c.writable(m)
	case *heartbeatFailed:
		c.heartbeatFailed(m)
	case *aging:
		c.ageDue(m)
	case *response:
		m.deliver()
	case *askBegun:
		c.askBegun(m)
	case *askDue:
		c.askDue(m)
	case *askOver:
		c.askOver(m)
	case *flushing:
		c.flush(m)
	case *flushLeft:
		c.flushLeft(m)
	case *ponged:
		c.ponged(m)
	case *readerEnded:
		c.readerEnded(m)
	case *stuck:
		c.abandonReader(m)
	case *handlerStopping:
		c.handlerStopping(m)
	case *handlerOverdue:
		c.handlerOverdue(m)
	case *caughtUp:
		c.caughtUp(m)
	case *parted:
		c.parted(m)
	case *idleDue:
		c.idleDue(m)
	case *closeDue:
		c.closeDue(m)
	case *child.Decision:
		c.decide(m)
	case *actor.Terminated:
		if m.Who.Equal(c.conn.kept.handler.pid) {
			c.handlerStopped()
		}
	case *actor.Started:
		if c.conn == nil { // of a restart
			m, _ := mailbox.Of[*connMailbox](ctx.ActorSystem(), ctx.Self())
			c.conn = m.conn
		}
		c.start(ctx)
	case *actor.Restarting:
		c.release()
		c.stopReader()
	case *actor.Stopping:
		c.stop()
	case *actor.Stopped:
		c.conn.mailbox.stop()
		if c.conn.kept.onStopped != nil {
			c.conn.kept.onStopped()
		}
		c.conn.keepNothing()
	case actor.AutoRespond: // protoactor answers it
	default:
		c.conn.rejectTo(ctx.Sender(), m, &messages.UnknownMessageError{Message: m})
	}
}

func newConnection() actor.Actor { return &connection{} }

// start begins a new epoch, unless a restart that was under way met the end: then
// it acquires nothing.
func (c *connection) start(ctx actor.Context) {
	c.ctx, c.epoch = ctx, c.conn.published.epoch.Load()
	if c.conn.kept.stopped || c.conn.mailbox.over {
		c.startOver()
		return
	}
	c.epoch = c.conn.published.epoch.Add(1)
	if err := c.startHandler(); err != nil {
		c.refuseReady()
		c.fail(err)
		return
	}
	if c.conn.kept.ready == nil {
		c.startDial()
		return
	}
	c.openReady()
}

// openReady opens the socket that is there already: a server's, or a fresh one.
func (c *connection) openReady() {
	d := c.conn.kept.ready
	c.conn.kept.ready = nil
	c.open(d)
}

// startOver goes on where the incarnation before was: it waits for its handler.
func (c *connection) startOver() {
	c.phase, c.told = closed, true
	if c.conn.kept.handler.pid == nil || c.conn.config.handler.shared() {
		c.finish()
	}
}

func (c *connection) dialed(d *dialed) {
	if c.rotating && d.epoch == c.epoch && c.phase == open {
		c.rotated(d)
		return
	}
	if d.epoch != c.epoch || c.phase != connecting {
		d.Discard()
		return
	}
	c.cancelDial = nil
	if d.err != nil {
		c.fail(d.err)
		return
	}
	c.open(d)
}

func (c *connection) open(d *dialed) {
	c.ws = d.ws
	c.phase, c.openedAt = open, c.ws.Socket.Now()
	c.conn.setState(messages.StateOpen)
	c.tell(&messages.Opened{Conn: c.conn.pid, Epoch: c.epoch, Subprotocol: d.ws.Subprotocol(), Value: d.value})
	epoch := c.epoch
	c.ws.Socket.Notify(func(err error) { c.conn.mailbox.post(&writable{epoch: epoch, err: err}) })
	c.conn.mailbox.sink = c.ws.Socket
	c.startReader()
	c.expectMessages()
	c.startHeartbeat()
	c.startAging()
	c.sendFirst()
}

// release gives back what the incarnation holds. It may be called at any time,
// more than once.
func (c *connection) release() {
	c.cancelTimer()
	c.detach()
	c.abort()
}

// detach ends what was begun, but for the reader: nothing more is written to the socket.
func (c *connection) detach() {
	c.stopTimers()
	c.conn.mailbox.sink, c.conn.mailbox.held, c.conn.mailbox.closing = nil, false, false
}

// stopTimers ends what would be done at some time.
func (c *connection) stopTimers() {
	c.stopDial()
	if c.quiet != nil {
		c.quiet.Stop()
	}
	c.stopHeartbeat()
	c.stopAging()
}

// abort makes the reader end, which closes what it read from.
func (c *connection) abort() {
	if c.reader != nil {
		c.reader.Quiet()
		c.ws.Socket.Abort()
		c.mayBeStuck()
	}
	if c.farewell != nil {
		c.farewell = nil
		c.ws.Abort()
	}
}

// catchUp has the connection told, later: behind what the reader makes of all that has
// arrived by now. Late is by how much the caller's own time has come too late.
func (c *connection) catchUp(late time.Duration, told any) {
	c.reader.AfterCatchingUp(late, func() { c.conn.mailbox.post(told) })
}

// stop is for when the actor is stopped. If that is not because it has finished,
// this cuts it off.
func (c *connection) stop() {
	c.conn.kept.stopped = true
	c.becauseAsked()
	if c.phase != closed {
		c.tellLast()
	}
	c.stopReader()
	c.stopHandler()
	c.finish()
}
