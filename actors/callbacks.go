package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/messages"
)

// Callbacks are the four of the browser's WebSocket, for those who do not want
// to write an actor. They run one at a time, on one goroutine at a time, so what
// only they touch needs no lock; they must not block. Any may be nil, not all.
//
// With [WithCodec] there is OnValue in place of OnMessage, and only then.
type Callbacks struct {
	OnOpen    func(c *Conn, e *messages.Opened)
	OnMessage func(c *Conn, e *messages.Received)
	OnValue   func(c *Conn, e *messages.Decoded)
	OnError   func(c *Conn, e *messages.Failed)
	OnClose   func(c *Conn, e *messages.Closed)
}

func (f Callbacks) any() bool {
	return f.OnOpen != nil || f.OnMessage != nil || f.OnValue != nil || f.OnError != nil || f.OnClose != nil
}

// caller is the handler that calls Callbacks.
type caller struct {
	*Callbacks
	conn *Conn
}

// Receive implements actor.Actor.
func (f *caller) Receive(ctx actor.Context) {
	switch e := ctx.Message().(type) {
	case *actor.Started:
		inbox, _ := mailbox.Of[*reader.HandlerInbox](ctx.ActorSystem(), ctx.Self())
		f.conn = inbox.Owner().(*connMailbox).conn
	case *messages.Opened:
		call(f.OnOpen, f.conn, e)
	case *messages.Received:
		call(f.OnMessage, f.conn, e)
	case *messages.Decoded:
		call(f.OnValue, f.conn, e)
	case *messages.Failed:
		call(f.OnError, f.conn, e)
	case *messages.Closed:
		call(f.OnClose, f.conn, e)
	}
}

func call[E any](f func(*Conn, E), c *Conn, event E) {
	if f != nil {
		f(c, event)
	}
}
