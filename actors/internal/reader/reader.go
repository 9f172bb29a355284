// Package reader turns the frames of one socket into messages for a handler: on a goroutine of
// its own only where the kernel cannot be asked, or the socket is busy, and never more of them
// than the handler has credit for.
//
// It knows sockets, mailboxes and the messages that a handler gets. It must not know the
// connection, which to it is an Owner, nor options, hooks, rules of heartbeats, and why anybody
// would connect, close or restart.
package reader

import (
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// Reader turns the frames of one socket into messages for the handler. That it has
// ended is the last thing it says.
//
// Where the kernel tells when there is something to read, the reader is an actor
// that is told so, reads what is there, and has no goroutine meanwhile: see pump.
// Elsewhere, in memory and under TLS, a goroutine of its own waits: see loop.
type Reader struct {
	link   *Link
	inbox  *Inbox
	epoch  uint64
	ws     *ws.Conn
	target *HandlerInbox // of the handler, nil if that is shared

	// Set before anybody else knows the reader.
	room chan struct{} // what a waiting loop waits for

	// Said by one and read by others.
	attendance attendance  // of a goroutine at the socket: see attend
	news       atomic.Bool // the kernel may have something; false is the reader's own word, before it reads
	hangUp     atomic.Bool // the peer has closed: the poller's word, which the reader takes
	woken      atomic.Bool // there is a wakeUp in the inbox: who puts it there sets it, the reader takes it back
	finishing  atomic.Bool // a goroutine reads what is not there as a whole: the reader's word, read by attend
	paused     atomic.Bool // it waits for the handler: its own word
	silent     atomic.Bool // what arrives is for nobody any more: the owner's word

	// Its own.
	polled   bool  // set at the start
	toTheEnd bool  // all of the socket must be read: the peer has closed
	ended    bool  // it has said so
	batch    uint8 // how many are to be handed over
	newest   *mailbox.Node
	oldest   *mailbox.Node
	granted  int64 // of the credit
	broken   error // of fill

	// said is when the peer last sent a message, since the socket was made, or never. It is
	// kept only where somebody asks: who reads sets it, who asks looks.
	said atomic.Int64
}

// never is before any time.
const never = -1

// wakeUp has a reader look what there is to do.
type wakeUp struct{}

// finished says that what was not there as a whole has been read.
type finished struct{ err error }

// A reader may have been stopped over these.
func (*wakeUp) IgnoreDeadLetterLogging()   {}
func (*finished) IgnoreDeadLetterLogging() {}

func newReader() actor.Actor {
	r := &Reader{}
	r.said.Store(never)
	return r
}

// Read has the reader of an inbox that is held read a socket of an owner's, in that epoch,
// for a handler, or nil for one that is not the owner's alone.
func (m *Inbox) Read(l *Link, epoch uint64, w *ws.Conn, handler *HandlerInbox) *Reader {
	r := m.Actor().(*Reader)
	r.link, r.inbox, m.reader = l, m, r
	r.epoch, r.ws, r.target = epoch, w, handler
	w.OnPong(r.pong)
	if r.polled = w.Socket.Framed() && w.Socket.Register(r); !r.polled {
		w.Socket.SetPatient(true)
		r.room = make(chan struct{}, 1)
		w.Socket.SetReader(r)
	}
	l.reader.Store(r)
	m.Release()
	return r
}

// Epoch is that of its socket.
func (r *Reader) Epoch() uint64 { return r.epoch }

// WS is what it reads. Who reads it is the reader, and nobody else.
func (r *Reader) WS() *ws.Conn { return r.ws }

// rested is for when the reader is idle, on the goroutine that ran it. Only here,
// with nothing of the reader below it on the stack, may one begin to stay.
func (r *Reader) rested() {
	r.carry()
	if r.polled && r.ws.Socket.Busy() {
		r.attend()
	}
}

// carry gives the handler its turn. Without polling a goroutine delivers and goes on.
func (r *Reader) carry() {
	if r.polled && r.target != nil && r.target.Queue.Waiting() {
		r.inbox.readers.carriers.carry(r)
	}
}

// Receive implements actor.Actor.
func (r *Reader) Receive(ctx actor.Context) {
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

func (r *Reader) start() {
	if !r.polled {
		go r.loop()
		return
	}
	r.pump() // what was read before
}

// leave forgets the socket. Reading has ended, or nobody cares any more.
func (r *Reader) leave() {
	r.ws.Socket.Unregister()
	if r.polled && !r.finishing.Load() && !r.ended {
		r.ended = true
		r.ws.CloseNow()
	}
}

// end is the end of a reader without a goroutine.
func (r *Reader) end(err error) {
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

func (r *Reader) sayEnded(err error) {
	open := ws.CanHear(err)
	if !open {
		r.ws.CloseNow() // returns coder/websocket's buffers
	}
	r.link.owner.ReaderEnded(r, err, open)
}

// pong tells of the answer to a ping.
func (r *Reader) pong(payload []byte) { r.link.owner.Pong(r, payload) }

// Readable implements transport.Reader: it is the poller's word, or that of who shuts the
// socket.
func (r *Reader) Readable(hangUp bool) {
	if hangUp {
		r.hangUp.Store(true)
	}
	r.news.Store(true)
	r.wakeUp()
}

// Paused implements transport.Reader.
func (r *Reader) Paused() bool { return r.paused.Load() }

var look = &wakeUp{}

// wakeUp may be called by anybody: there is news, or room, or the end.
func (r *Reader) wakeUp() {
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

// Quiet has it deliver nothing from now on, and wait for no handler.
func (r *Reader) Quiet() {
	r.silent.Store(true)
	r.wakeUp()
}

// LastMessage is when the peer last sent a message, since the socket was made, if it ever
// has. It is known only where the config says that somebody asks.
func (r *Reader) LastMessage() (when time.Duration, ever bool) {
	said := r.said.Load()
	return time.Duration(max(said, 0)), said != never
}

// oneApart is one on a goroutine that is no actor's: nobody else would recover there.
func (r *Reader) oneApart() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = blame.Broke(reason)
		}
	}()
	return r.one()
}
