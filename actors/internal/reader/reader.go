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

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// Reader turns the frames of one socket into messages for the handler. That it has
// ended is the last thing it says.
//
// Where the kernel tells when there is something to read, the reader is an actor
// that is told so, reads what is there, and has no goroutine meanwhile: see runPolled.
// Elsewhere, in memory and under TLS, a goroutine of its own waits: see runBlocking.
type Reader struct {
	link   *Link
	inbox  *Inbox
	epoch  uint64
	ws     *ws.Conn
	target *HandlerInbox // of the handler, nil if that is shared

	// Set before anybody else knows the reader.
	room chan struct{} // what runBlocking waits for, for room

	// Said by one and read by others.
	lease     lease       // of a goroutine at the socket: see runBusy
	news      atomic.Bool // the kernel may have something; false is the reader's own word, before it reads
	hangUp    atomic.Bool // the peer has closed: the poller's word, which the reader takes
	woken     atomic.Bool // there is a wakeUp in the inbox: who puts it there sets it, the reader takes it back
	finishing atomic.Bool // a goroutine reads what is not there as a whole: the reader's word, read by runBusy
	paused    atomic.Bool // it waits for the handler: its own word
	silent    atomic.Bool // what arrives is for nobody any more: the owner's word

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

// Epoch is that of its socket.
func (r *Reader) Epoch() uint64 { return r.epoch }

// WS is what it reads. Who reads it is the reader, and nobody else.
func (r *Reader) WS() *ws.Conn { return r.ws }

// Receive implements actor.Actor.
func (r *Reader) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.start()
	case *wakeUp:
		r.woken.Store(false)
		r.runPolled()
	case *finished:
		r.finishing.Store(false)
		r.ws.Socket.SetPatient(false)
		if m.err != nil {
			r.end(m.err)
			return
		}
		r.runPolled()
	case *catchUp:
		r.catchUp(m)
	case *actor.Stopping:
		r.leave()
	}
}

func (r *Reader) start() {
	if !r.polled {
		go r.runBlocking()
		return
	}
	r.runPolled() // what was read before
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
	if r.lease.end() {
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
