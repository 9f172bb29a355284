package child

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

const (
	// rejectsLogged is how many refusals are logged in a window, those of a tree taken
	// together. The rest is counted.
	rejectsLogged = 5
	rejectsWindow = 5 * time.Second
)

// rejects counts what was refused. Whoever refuses adds, and the timer of the window
// that the first has begun takes all away.
type rejects struct{ inWindow atomic.Int64 }

// heard is an event of which a subscriber says whether it takes care of it.
type heard interface{ IsHeard() bool }

// Reject publishes a [messages.RejectedEvent], or a [messages.ReceiptEvent] that says
// the like. Unless a subscriber takes care of it, the log has it, at Warn: the first few in
// some seconds, and then how many more there were. It has the type of the message, and
// not what is in it.
func (c *Contained) Reject(event heard, r *messages.Rejected, attrs ...slog.Attr) {
	if c.Publish(event); event.IsHeard() {
		return
	}
	switch n := c.rejects.inWindow.Add(1); {
	case n > rejectsLogged:
		return
	case n == 1:
		time.AfterFunc(rejectsWindow, c.FlushRejects)
	}
	if r.Conn != nil {
		attrs = append(attrs, slog.String("conn", r.Conn.Id))
	}
	c.Log(slog.LevelWarn, "message refused, and nobody to hear of it", append(attrs,
		slog.String("type", fmt.Sprintf("%T", r.Message)), slog.String("reason", textOf(r.Err)))...)
}

// FlushRejects logs at once how many refusals were counted and not logged: for when the
// process may end before the window.
func (c *Contained) FlushRejects() {
	if more := c.rejects.inWindow.Swap(0) - rejectsLogged; more > 0 {
		c.Log(slog.LevelWarn, "more messages refused, and nobody to hear of it", slog.Int64("count", more))
	}
}

// textOf is the text of an error, some of which may be the user's.
func textOf(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T", err)
		}
	}()
	return err.Error()
}

// RejectUnknown rejects a message that an actor has no use for, unless it is one of
// protoactor's own, which say what happens to the actor.
func (c *Contained) RejectUnknown(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case actor.SystemMessage, actor.AutoReceiveMessage, actor.AutoRespond, *actor.ReceiveTimeout:
	default:
		c.RejectTo(ctx, &messages.UnknownMessageError{Message: m})
	}
}

// RejectTo rejects the message that an actor has before it.
func (c *Contained) RejectTo(ctx actor.Context, why error) {
	r := &messages.Rejected{Message: ctx.Message(), Err: why}
	if ctx.Sender() != nil {
		c.Send(ctx.Sender(), r)
		return
	}
	c.Reject(&messages.RejectedEvent{Rejected: *r}, r, slog.String("to", ctx.Self().Id))
}
