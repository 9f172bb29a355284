package actors

import (
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// reader turns the frames of one socket into messages for the handler. That it has
// ended is the last thing it says.
//
// Where the kernel tells when there is something to read, the reader is an actor
// that is told so, reads what is there, and has no goroutine meanwhile: see pump.
// Elsewhere, in memory and under TLS, a goroutine of its own waits: see loop.
type reader struct {
	conn   *Conn
	inbox  *readerInbox
	epoch  uint64
	opened time.Duration // since the socket was made
	ws     *ws.Conn
	target *handlerInbox // of the handler, nil if that is shared

	// Set before anybody else knows the reader.
	room chan struct{} // what a waiting loop waits for

	// Said by one and read by others.
	attendance attendance                // of a goroutine at the socket: see attend
	news       atomic.Bool               // the kernel may have something; false is the reader's own word, before it reads
	hangUp     atomic.Bool               // the peer has closed: the poller's word, which the reader takes
	woken      atomic.Bool               // there is a wakeUp in the inbox: who puts it there sets it, the reader takes it back
	finishing  atomic.Bool               // a goroutine reads what is not there as a whole: the reader's word, read by attend
	paused     atomic.Bool               // it waits for the handler: its own word
	silent     atomic.Bool               // what arrives is for nobody any more: the connection's word
	spoke      atomic.Bool               // the peer has sent a message
	heartbeat  atomic.Pointer[heartbeat] // of the socket, nil if it has none: the connection's word, for whoever sees a pong

	// Its own.
	polled   bool          // set at the start
	toTheEnd bool          // all of the socket must be read: the peer has closed
	ended    bool          // it has said so
	broken   error         // of fill
	granted  int64         // of the credit
	newest   *mailbox.Node // what is to be handed over
	oldest   *mailbox.Node
	batch    int

	// said is when the peer last sent a message, since the socket was made. It is
	// kept only where somebody asks.
	said atomic.Int64
}

// readerEnded says that nothing more of the epoch will be received, and why: a
// PeerClosedError, a ReadError, a ProtocolError, or a WriteError of a pong; a HandlerError of what
// an option brought, or an InternalError.
type readerEnded struct {
	epoch uint64
	err   error
	ws    *ws.Conn
	open  bool // the peer can still be written to: whoever hears this closes it
}

// Discard implements mailbox.Discarder: nobody closes it.
func (m *readerEnded) Discard() {
	if m.open {
		m.ws.CloseNow()
	}
}

// wakeUp has a reader look what there is to do.
type wakeUp struct{}

// finished says that what was not there as a whole has been read.
type finished struct{ err error }

// A reader may have been stopped over these.
func (*wakeUp) IgnoreDeadLetterLogging()   {}
func (*finished) IgnoreDeadLetterLogging() {}

func newReader() actor.Actor { return &reader{} }

func (c *connection) startReader() {
	pid, m := adopt[*readerInbox](c, c.conn.tree.reader)
	r := m.Actor().(*reader)
	r.conn, r.inbox, m.reader = c.conn, m, r
	r.epoch, r.opened, r.ws, r.target = c.epoch, c.openedAt, c.ws, c.conn.kept.handler.inbox
	r.ws.OnPong(r.pong)
	if r.polled = c.ws.Socket.Framed() && c.ws.Socket.Register(r); !r.polled {
		c.ws.Socket.SetPatient(true)
		r.room = make(chan struct{}, 1)
		c.ws.Socket.SetReader(r)
	}
	c.readerPID, c.reader = pid, r
	c.conn.credit.reader.Store(r)
	m.Release()
}

// rested is for when the reader is idle, on the goroutine that ran it. Only here,
// with nothing of the reader below it on the stack, may one begin to stay.
func (r *reader) rested() {
	r.carry()
	if r.polled && r.ws.Socket.Busy() {
		r.attend()
	}
}

// carry gives the handler its turn. Without polling a goroutine delivers and goes on.
func (r *reader) carry() {
	if r.polled && r.target != nil && r.target.Queue.Waiting() {
		r.conn.tree.carriers.carry(r)
	}
}

// Receive implements actor.Actor.
func (r *reader) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.start()
	case *wakeUp:
		r.woken.Store(false)
		r.pump()
	case *finished:
		r.finishing.Store(false)
		r.ws.Socket.SetPatient(false)
		if m.err != nil {
			r.end(m.err)
			return
		}
		r.pump()
	case *catchUp:
		r.catchUp(m)
	case *actor.Stopping:
		r.leave()
	}
}

func (r *reader) start() {
	if !r.polled {
		go r.loop()
		return
	}
	r.pump() // what was read before
}

// leave forgets the socket. Reading has ended, or nobody cares any more.
func (r *reader) leave() {
	r.ws.Socket.Unregister()
	if r.polled && !r.finishing.Load() && !r.ended {
		r.ended = true
		r.ws.CloseNow()
	}
}

// end is the end of a reader without a goroutine.
func (r *reader) end(err error) {
	if r.ended {
		return
	}
	r.ended = true
	r.ws.Socket.Unregister()
	if r.attendance.end() {
		_ = r.ws.Socket.SetReadDeadline(time.Unix(1, 0)) // others may read the rest
	}
	r.settle() // before what comes after it
	r.sayEnded(err)
}

func (r *reader) sayEnded(err error) {
	m := &readerEnded{epoch: r.epoch, err: err, ws: r.ws, open: canHear(err)}
	if !m.open {
		r.ws.CloseNow() // returns coder/websocket's buffers
	}
	r.conn.mailbox.post(m)
}

// Readable implements transport.Reader: it is the poller's word, or that of who shuts the
// socket.
func (r *reader) Readable(hangUp bool) {
	if hangUp {
		r.hangUp.Store(true)
	}
	r.news.Store(true)
	r.wakeUp()
}

// Paused implements transport.Reader.
func (r *reader) Paused() bool { return r.paused.Load() }

var look = &wakeUp{}

// wakeUp may be called by anybody: there is news, or room, or the end.
func (r *reader) wakeUp() {
	if r.room != nil {
		select {
		case r.room <- struct{}{}:
		default:
		}
		return
	}
	if !r.woken.Swap(true) {
		r.inbox.PostUserMessage(look)
	}
}

// quiet delivers nothing from now on.
func (r *reader) quiet() { r.silent.Store(true) }
