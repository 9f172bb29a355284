package actors

import (
	"context"

	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
)

// flushing asks the connection for a flush.
type flushing struct {
	sendqueue.Flush
	conn *Conn
}

// Flush returns when all that was queued before it is written or otherwise settled:
// nil, or a [messages.ClosedError] if the connection ended before, or ctx's error.
// It blocks: an actor sends [messages.Flush] to PID instead.
func (c *Conn) Flush(ctx context.Context) error {
	f := &flushing{conn: c}
	f.To.Reply = make(chan any, 1)
	c.mailbox.post(f)
	select {
	case answer := <-f.To.Reply:
		return answer.(*messages.Flushed).Err
	case <-ctx.Done():
		c.mailbox.post(&flushLeft{&f.Flush})
		return ctx.Err()
	}
}

// flushLeft says that nobody waits any more.
type flushLeft struct{ flush *sendqueue.Flush }

func (c *connection) flushLeft(m *flushLeft) {
	if c.conn.kept.inFlight != nil {
		c.conn.kept.inFlight.Leave(m.flush)
	}
}

// Discard implements mailbox.Discarder: the connection is over.
func (f *flushing) Discard() {
	f.conn.answer(&f.To, &messages.Flushed{Err: &messages.ClosedError{}})
}

// flush begins a flush. What its sender had queued before is in the queue by now.
func (c *connection) flush(f *flushing) {
	if c.conn.mailbox.over {
		f.Discard()
		return
	}
	c.conn.needInFlight().Begin(&f.Flush, c.conn.mailbox.sends.Tail())
}

// answerFlushes is for when the kernel has taken what was written.
func (c *connection) answerFlushes() {
	c.conn.kept.inFlight.Flushed(&c.conn.mailbox.sends, func(f *sendqueue.Flush) { c.conn.answer(&f.To, &messages.Flushed{}) })
}
