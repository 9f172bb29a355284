package actors

import (
	"log/slog"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// blame is deferred around a call of code that an option brought: a panic there is
// the connection's failure.
func (c *connection) blame(option string) {
	if reason := recover(); reason != nil {
		c.fail(blame.Panicked(option, reason))
	}
}

// contain turns a panic that is none of our own making into a failure of the
// connection: only a child.Failure may leave Receive.
func (c *connection) contain() {
	switch reason := recover().(type) {
	case nil:
	case *child.Failure:
		panic(reason)
	default:
		c.broken(blame.Broke(reason))
	}
}

func (c *connection) broken(err *messages.InternalError) {
	if c.conn.kept.stopped { // it is over either way
		c.conn.logPanic(err)
		return
	}
	c.fail(err)
}

// crashed returns what a connection is to fail with for a panic outside of its Receive,
// or nil if it will say so by itself. What it has already failed with stands.
func (c *connection) crashed(reason any) (failure any) {
	if f, ok := reason.(*child.Failure); ok {
		return f
	}
	defer func() {
		switch again := recover().(type) {
		case nil:
		case *child.Failure:
			failure = again
		default: // while it failed: nothing of it may be left to say so
			c.conn.logPanic(blame.Broke(again))
			c.phase = down
			failure = &child.Failure{Epoch: c.epoch, Uptime: c.uptime(), Err: c.failure}
		}
	}()
	c.broken(blame.Broke(reason))
	return nil
}

// logPanic logs an error if it is, or wraps, a panic: with the stack, which no other
// text has.
func (c *Conn) logPanic(err error) {
	e, ok := errs.As[*messages.HandlerError](err)
	if internal, is := errs.As[*messages.InternalError](err); is && !ok {
		e = &messages.HandlerError{Reason: internal.Reason, In: "sockvisor", Stack: internal.Stack}
	}
	if e != nil && !readers[e.In] {
		c.logCrashed(e)
	}
}

// readers are the options whose code the reader calls. It logs their panics itself,
// whatever the connection then does about them.
var readers = map[string]bool{"WithIncoming": true, "WithCorrelation": true, "WithCodec": true}

func (c *Conn) logCrashed(e *messages.HandlerError) {
	attrs := append(c.logAttrs(), slog.String("conn", c.pid.Id), slog.Uint64("epoch", c.published.epoch.Load()))
	c.tree.Crashed(e, attrs...)
}
