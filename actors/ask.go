package actors

import (
	"context"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/actors/internal/timer"
	"github.com/sockvisor/sockvisor/messages"
)

// askOver says that nobody waits any more: the time is over, or the asker has left.
type askOver struct {
	asking *sendqueue.Asking
	err    error
}

// Ask sends a question and returns the peer's answer. It never waits for longer than
// the ask's timeout, the epoch to whose socket the question was written, or ctx. The
// errors are those of [messages.Answer], and ctx's.
//
// It blocks: an actor requests [messages.Ask] of PID instead.
func (c *Conn) Ask(ctx context.Context, ask *messages.Ask) (*messages.Received, error) {
	a, err := c.mailbox.admitAsk(ask, sendqueue.Addressee{Reply: make(chan any, 1)})
	if err != nil {
		return nil, err
	}
	select {
	case reply := <-a.To.Reply:
		answer := reply.(*messages.Answer)
		return answer.Received, answer.Err
	case <-ctx.Done():
		c.mailbox.post(&askOver{a, ctx.Err()})
		return nil, ctx.Err()
	}
}

// admitAsk queues a question, or returns why it is refused.
func (m *connMailbox) admitAsk(ask *messages.Ask, to sendqueue.Addressee) (*sendqueue.Asking, error) {
	if err := ask.Validate(); err != nil {
		return nil, err
	}
	c := m.conn
	limits := c.config.correlation
	if limits == nil {
		return nil, &messages.OptionError{Option: "WithCorrelation", Problem: "is required for an Ask"}
	}
	if m.asking.Add(1) > int64(limits.maximum) {
		m.asking.Add(-1)
		return nil, &messages.TooManyAsksError{Limit: limits.maximum}
	}
	a := &sendqueue.Asking{Ask: ask, To: to}
	if err := m.enqueue(&sendqueue.Delivery{Send: ask.Send, Asked: a}); err != nil {
		m.asking.Add(-1)
		return nil, err
	}
	m.post(&askBegun{a})
	return a, nil
}

// askBegun has the connection time an ask that is queued.
type askBegun struct{ asking *sendqueue.Asking }

func (c *connection) askBegun(m *askBegun) {
	a, timeout := m.asking, m.asking.Ask.Timeout
	if a.Over {
		return
	}
	if timeout == 0 {
		timeout = messages.DefaultAskTimeout
	}
	due := &askDue{asking: a, after: timeout, at: time.Now().Add(timeout)}
	a.Timer = timer.AfterFunc(timeout, func() { c.conn.mailbox.post(due) })
}

// askDue says that the time of an ask is over.
type askDue struct {
	asking *sendqueue.Asking
	after  time.Duration
	at     time.Time
}

// askDue ends an ask whose answer is not there. If it can be on its way, that is when
// what has arrived is read.
func (c *connection) askDue(m *askDue) {
	a := m.asking
	switch over := (&askOver{a, &messages.AskTimeoutError{After: m.after}}); {
	case a.Over:
	case a.Epoch == c.epoch:
		c.catchUp(time.Since(m.at), over)
	default:
		c.askOver(over)
	}
}

// expectAnswer reports whether a question is still to be asked.
func (c *connection) expectAnswer(a *sendqueue.Asking) bool {
	switch {
	case a.Over:
		return false
	case c.phase == answering:
		c.conn.finishAsk(a, nil, &messages.AnswerLostError{Epoch: c.epoch, Err: c.failure})
		return false
	case c.phase != open:
		c.conn.finishAsk(a, nil, &messages.ClosedError{}) // what comes now is not delivered
		return false
	case !c.conn.awaited.Await(a, c.epoch):
		c.conn.finishAsk(a, nil, &messages.DuplicateAskError{ID: a.Ask.ID})
		return false
	}
	return true
}

// finishAsk answers an ask, once.
func (c *Conn) finishAsk(a *sendqueue.Asking, received *messages.Received, err error) {
	if a.Over {
		return
	}
	a.Over = true
	if a.Timer != nil {
		a.Timer.Stop()
	}
	c.mailbox.asking.Add(-1)
	c.awaited.Forgo(a)
	c.answer(&a.To, &messages.Answer{Conn: c.pid, Ask: a.Ask, Received: received, Err: err})
}

// askOver ends an ask for which nobody waits any more, unless its answer has arrived.
func (c *connection) askOver(m *askOver) {
	if a := m.asking; a.Epoch == 0 || c.conn.awaited.Forgo(a) {
		c.conn.finishAsk(a, nil, m.err)
	}
}

// response is the answer to an ask.
type response struct {
	conn     *Conn
	asking   *sendqueue.Asking
	received *messages.Received
}

// deliver gives the answer to who asked, unless the ask is over.
func (m *response) deliver() {
	m.conn.link.Give(1)
	m.conn.finishAsk(m.asking, m.received, nil)
}

// Discard implements mailbox.Discarder: the connection is over, but the answer is there.
func (m *response) Discard() { m.deliver() }

// answers reports whether a message is what somebody waits for, and passes it on.
func (c *Conn) answers(received *messages.Received) bool {
	if c.config.correlation == nil {
		return false
	}
	id, isAnswer := c.config.correlation.correlate(received)
	if !isAnswer {
		return false
	}
	a := c.awaited.Take(id, received.Epoch)
	if a == nil {
		return false
	}
	c.mailbox.post(&response{c, a, received})
	return true
}

// failAsks ends the asks whose answers will not come.
func (c *connection) failAsks(err error) {
	for a := range c.conn.awaited.All {
		c.conn.finishAsk(a, nil, err)
	}
}
