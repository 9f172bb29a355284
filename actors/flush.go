package actors

import (
	"context"
	"slices"

	"github.com/sockvisor/sockvisor/messages"
)

// flushing is a messages.Flush under way.
type flushing struct {
	to     addressee
	conn   *Conn
	ticket uint64 // of the lane: what was queued before
	passed bool   // all of that has left the lane
	count  uint64 // of the outbox, since then
}

// Flush returns when all that was queued before it is written or otherwise settled:
// nil, or a [messages.ClosedError] if the connection ended before, or ctx's error.
// It blocks: an actor sends [messages.Flush] to PID instead.
func (c *Conn) Flush(ctx context.Context) error {
	f := &flushing{conn: c, to: addressee{reply: make(chan any, 1)}}
	c.mailbox.post(f)
	select {
	case answer := <-f.to.reply:
		return answer.(*messages.Flushed).Err
	case <-ctx.Done():
		c.mailbox.post(&flushLeft{f})
		return ctx.Err()
	}
}

// flushLeft says that nobody waits any more.
type flushLeft struct{ flushing *flushing }

func (c *connection) flushLeft(m *flushLeft) {
	if c.outbox != nil {
		c.outbox.flushes = slices.DeleteFunc(c.outbox.flushes, func(f *flushing) bool { return f == m.flushing })
	}
}

// Discard implements mailbox.Discarder: the connection is over.
func (f *flushing) Discard() {
	f.conn.answer(&f.to, &messages.Flushed{Err: &messages.ClosedError{}})
}

// flush begins a flush. What its sender had queued before is in the lane by now.
func (c *connection) flush(f *flushing) {
	if c.mailbox.over {
		f.Discard()
		return
	}
	f.ticket = c.mailbox.lane.tail.Load()
	o := c.needOutbox()
	o.flushes = append(o.flushes, f)
}

// answerFlushes is for when the kernel has taken what was written.
func (c *connection) answerFlushes() {
	o, lane := c.outbox, &c.mailbox.lane
	left := o.flushes[:0]
	for _, f := range o.flushes {
		if !f.passed && lane.passed() >= f.ticket && lane.urgent.Empty() && len(o.again) == 0 && lane.settled() {
			f.passed, f.count = true, o.count
		}
		if !f.passed || o.settled < f.count {
			left = append(left, f)
			continue
		}
		c.answer(&f.to, &messages.Flushed{})
	}
	clear(o.flushes[len(left):])
	o.flushes = left
}
