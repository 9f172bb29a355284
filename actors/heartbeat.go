package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/clock"
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// heartbeat looks for signs of life on one socket: it asks the rule when it is time, and
// writes the ping that this wants. The connection does not run for a healthy peer; it
// hears when the rule gives up.
//
// It has no goroutine: the tree's clock rings it, and runs it on its own.
type heartbeat struct {
	inbox  *heartbeatInbox
	conn   *Conn
	reader *reader.Reader // of the same socket
	opened time.Duration  // since the socket was made

	rule     Heartbeat
	alarm    clock.Alarm
	due      time.Duration // when it rings, by the clock; less than zero while it is not set
	early    time.Duration // by which it may be early
	giveUp   *beatDue      // to come when what has arrived is read, or nil
	progress transport.Progress
	pingedAt time.Duration // when the last ping was written, since the socket was made
	number   uint64        // of that one
	awaited  bool          // and its answer has not come
}

// beatDue says that it is time to ask the rule.
type beatDue struct {
	wanted   bool // a sign of life, now
	caughtUp bool // what had arrived when the rule gave up is read
}

// pong says that the peer has answered a ping.
type pong struct {
	number uint64        // of which; what is none answers nothing
	text   bool          // the answer of WithPayloadHeartbeat, which has no number: of the last
	at     time.Duration // when it was read, since the socket was made
}

// heartbeatFailed says that a rule has given a peer up, or why no ping can be written.
type heartbeatFailed struct {
	epoch uint64
	err   error
}

// It may have been stopped over these.
func (*beatDue) IgnoreDeadLetterLogging() {}
func (*pong) IgnoreDeadLetterLogging()    {}

func newHeartbeat() actor.Actor { return &heartbeat{due: -1} }

// Receive implements actor.Actor.
func (h *heartbeat) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		h.beat(false, false)
	case *beatDue:
		h.beatDue(m)
	case *pong:
		h.pong(m)
	case *actor.Stopping:
		h.conn.tree.clock.Cancel(&h.alarm)
	}
}

// onTime is the clock's.
var onTime = &beatDue{}

// Ring implements clock.Ringer. It runs the heartbeat here, unless its ping may have to wait
// for the connection, which compresses or encrypts a message: nobody else has to wait for
// that.
func (h *heartbeat) Ring() {
	h.inbox.Queue.Push(onTime)
	if h.reader.WS().Socket.Framing() {
		h.inbox.RunHere()
	} else {
		h.inbox.Wake()
	}
}

// beatDue asks the rule, unless somebody else has since.
func (h *heartbeat) beatDue(m *beatDue) {
	switch {
	case m.caughtUp && m != h.giveUp:
	case m == onTime && !h.isDue():
	default:
		h.beat(m.wanted, m.caughtUp)
	}
}

// isDue reports whether it is time: an alarm that was set again may still ring once for
// the time that it had.
func (h *heartbeat) isDue() bool {
	return h.due >= 0 && h.conn.tree.clock.Now() >= h.due-h.early
}

// beat asks the rule and does what it wants done.
func (h *heartbeat) beat(wanted, caughtUp bool) {
	late := h.late()
	h.giveUp, h.due = nil, -1
	b := h.askRule(wanted)
	switch {
	case b.Fail != nil && !caughtUp:
		m := &beatDue{wanted: wanted, caughtUp: true}
		h.giveUp = m
		h.reader.AfterCatchingUp(late, func() { h.inbox.PostUserMessage(m) })
		return
	case b.Fail != nil:
		h.fail(heartbeatError(b.Fail))
		return
	case b.Ping:
		if err := h.ping(b.Payload); err != nil {
			h.fail(&messages.WriteError{Err: err})
			return
		}
	}
	h.setAlarm(max(b.Next, MinBeat), max(b.Early, 0))
}

func (h *heartbeat) setAlarm(after, early time.Duration) {
	clock := h.conn.tree.clock
	h.due, h.early = sum(clock.Now(), after), early
	clock.Set(&h.alarm, h.due, early)
}

// late is by how much the clock was, if it has rung.
func (h *heartbeat) late() time.Duration {
	if h.due < 0 {
		return 0
	}
	return max(h.conn.tree.clock.Now()-h.due, 0)
}

// fail tells the connection, which need not ask again if it comes to that late, held up by
// an Outgoing say. Nothing that held it up has made the peer look silent: the ping went
// ahead of what the connection gathers, and what had arrived was read, if only for this.
// What arrives from now on is too late, as it would be if the connection were free.
func (h *heartbeat) fail(err error) {
	h.conn.mailbox.post(&heartbeatFailed{epoch: h.reader.Epoch(), err: err})
}

// askRule panics, as a rule of the user's may, with what that is blamed with.
func (h *heartbeat) askRule(wanted bool) Beat {
	defer func() {
		if reason := recover(); reason != nil {
			panic(blame.Panicked("WithHeartbeatRule", reason))
		}
	}()
	if h.rule == nil {
		h.rule = h.conn.config.heartbeat.forSocket()
	}
	b := h.rule.Beat(h.signs(wanted))
	if b.Ping && b.Payload != nil {
		if err := b.Payload.Validate(); err != nil {
			panic(err)
		}
	}
	return b
}

// signs are read in an order in which nothing can come in between that makes a peer
// look dead: what it did, whether that could be seen, and then the time.
func (h *heartbeat) signs(wanted bool) Signs {
	sock := h.reader.WS().Socket
	since := func(when time.Duration) time.Duration { return max(when-h.opened, 0) }
	s := Signs{Read: since(sock.LastRead()), Pings: h.number, RTT: h.conn.RTT(), Wanted: wanted}
	s.Wrote = since(h.progress.Look(sock))
	if message, ever := h.reader.LastMessage(); ever {
		s.Message = since(message)
	}
	if h.number > 0 {
		s.Pinged, s.Awaited = since(h.pingedAt), h.awaited
	}
	s.Paused = h.conn.link.Paused()
	s.Resumed = since(sock.LastResumed())
	s.Now = since(sock.Now())
	return s
}

// heartbeatError is what a socket fails with for a rule's reason.
func heartbeatError(reason error) error {
	if errs.Is[*messages.HeartbeatError](reason) {
		return reason
	}
	return &messages.HeartbeatError{Err: reason}
}

// ping sends a heartbeat: a payload, if there is one. It leaves at once, though the
// connection may be in the middle of a run, and take its time.
func (h *heartbeat) ping(payload *messages.Send) error {
	h.number++
	h.pingedAt, h.awaited = h.reader.WS().Socket.Now(), payload == nil
	err := h.writePing(payload)
	h.reader.WS().Socket.Flush()
	return err
}

// writePing writes aside, as the reader does its pongs: the connection may be writing.
func (h *heartbeat) writePing(payload *messages.Send) error {
	switch exchange := h.conn.config.reading.Payload; {
	case payload != nil:
		return h.reader.WS().WriteAside(wire.Opcode(payload.Type), payload.Data)
	case exchange != nil:
		return h.reader.WS().WriteAside(wire.OpcodeText, exchange.Ask)
	default:
		return h.reader.WS().WriteAside(wire.OpcodePing, wire.PingPayload(h.number))
	}
}

// pong publishes the round trip of the ping that is awaited.
func (h *heartbeat) pong(m *pong) {
	if h.awaited && (m.text || m.number == h.number) {
		h.awaited = false
		h.conn.published.rtt.Store(int64(m.at - h.pingedAt))
	}
}

// answered tells the heartbeat of a reader's socket of an answer.
func (c *Conn) answered(r *reader.Reader, p pong) {
	if h := c.heartbeat.Load(); h != nil && h.reader == r {
		h.answered(p)
	}
}

// answered notes a pong, here: the reader's goroutine need not wake another for it.
func (h *heartbeat) answered(m pong) {
	m.at = h.reader.WS().Socket.Now()
	h.inbox.Queue.Push(&m)
	h.inbox.RunHere()
}

// heartbeatInbox is the mailbox of a heartbeat.
type heartbeatInbox struct{ mailbox.Inbox }

// newHeartbeatInbox returns one that is held until it knows whose it is.
func newHeartbeatInbox() actor.Mailbox {
	m := &heartbeatInbox{}
	m.Init(m)
	return m
}

// Guard implements mailbox.Work.
func (m *heartbeatInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return child.Contain(system)
}
