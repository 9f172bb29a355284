package reader

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// Inbox is the mailbox of a reader, which hands off when it is idle.
type Inbox struct {
	mailbox.Inbox
	reader  *Reader
	readers *Readers
}

// Read has the reader of an inbox that is held read a socket of an owner's, in that epoch,
// for a handler, or nil if that is not the owner's alone.
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

// Rested implements mailbox.Work.
func (m *Inbox) Rested() { m.reader.rested() }

// Guard implements mailbox.Work.
func (m *Inbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return m.reader.link.owner.Guard(system)
}

// rested is for when the reader is idle, on the goroutine that ran it. Only here,
// with nothing of the reader below it on the stack, may one begin to stay.
func (r *Reader) rested() {
	r.handOff()
	if r.polled && r.ws.Socket.Busy() {
		r.runBusy()
	}
}

// handOff gives the handler its turn. Without polling a goroutine delivers and goes on.
func (r *Reader) handOff() {
	if r.polled && r.target != nil && r.target.Queue.Waiting() {
		r.inbox.readers.handoffs.handOff(r)
	}
}
