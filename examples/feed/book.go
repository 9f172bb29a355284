package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

const (
	quotePace       = 10 * time.Millisecond
	snapshotTimeout = time.Second
)

// book is the actor that keeps the book of one symbol, a child of the feed, and quotes
// a price for it. Its fields are its own: no lock.
type book struct {
	symbol string
	conn   *actor.PID

	replica
	asked  int    // snapshots, so far
	id     string // of the one that is awaited
	quotes quotes
	timer  *time.Timer
	over   bool    // no more quotes of its own accord
	settle *settle // that waits for an answer, or nil
}

// quotes is what became of every quote that was queued.
type quotes struct {
	last     quote // Number is how many
	written  int
	replaced int // in the queue, by a newer one
	unknown  int // handed to a socket that then failed
	refused  int // by the queue
}

// quoteNow has the book send a quote.
type quoteNow struct{}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a timer may meet
// the end.
func (*quoteNow) IgnoreDeadLetterLogging() {}

// settle ends the quotes with a last one, and is answered by each book once it is
// live and has seen the given number of changes.
type settle struct {
	seqs    map[string]uint64 // by symbol
	settled chan<- struct{}   // has room for all
}

// look asks the feed and each book for a view of it.
type look struct {
	feed  chan<- *feedView
	views chan<- *view // both have room for all
}

// view is what a book publishes of itself.
type view struct {
	symbol string
	replica
	quotes quotes
}

// Receive implements actor.Actor.
func (b *book) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		b.scheduleQuote(ctx)
	case *actor.Stopping:
		b.timer.Stop()
	case *messages.Opened:
		b.ask(ctx)
	case *report:
		if b.update(m) {
			b.ask(ctx)
		}
		b.settled(ctx)
	case *messages.Answer:
		b.answer(ctx, m)
	case *quoteNow:
		if !b.over {
			b.quote(ctx)
			b.scheduleQuote(ctx)
		}
	case *messages.Written, *messages.Dropped, *messages.Unknown:
		b.quotes.receipt(m)
	case *settle:
		b.over, b.settle = true, m
		b.timer.Stop()
		b.settled(ctx)
	case *look:
		m.views <- b.view()
	}
}

// ask asks for a snapshot: after every open, and after every gap. An earlier ask, of
// which the answer may still come, does not count any more.
func (b *book) ask(ctx actor.Context) {
	b.await()
	b.asked++
	b.id = fmt.Sprintf("%s#%d", b.symbol, b.asked)
	ctx.Request(b.conn, &messages.Ask{
		Send: text(&request{Op: "snapshot", ID: b.id, Symbol: b.symbol}), ID: b.id, Timeout: snapshotTimeout,
	})
}

func (b *book) answer(ctx actor.Context, a *messages.Answer) {
	if a.Ask.ID != b.id {
		return
	}
	if a.Err != nil {
		if late := new(messages.AskTimeoutError); errors.As(a.Err, &late) {
			b.ask(ctx)
		}
		return // else its epoch is over: the next one begins with an ask
	}
	s := new(report)
	if err := json.Unmarshal(a.Received.Data, s); err != nil {
		b.wrong++
		return
	}
	if b.snapshot(s) {
		b.ask(ctx)
		return
	}
	b.settled(ctx)
}

// quote queues a quote of the newest price. It takes the place of one that is still
// queued, however long there has been no socket.
func (b *book) quote(ctx actor.Context) {
	q := &b.quotes.last
	q.Number++
	q.Bid, q.Ask = b.best()
	copied := *q
	ctx.Request(b.conn, &messages.Enqueue{
		Send: text(&request{Op: "quote", Symbol: b.symbol, Quote: &copied}), Key: b.symbol, Receipt: true,
	})
}

func (b *book) scheduleQuote(ctx actor.Context) {
	root, self := ctx.ActorSystem().Root, ctx.Self()
	b.timer = time.AfterFunc(quotePace, func() { root.Send(self, &quoteNow{}) })
}

func (q *quotes) receipt(m any) {
	switch m := m.(type) {
	case *messages.Written:
		q.written++
	case *messages.Unknown:
		q.unknown++
	case *messages.Dropped:
		if replaced := new(messages.ReplacedError); errors.As(m.Err, &replaced) {
			q.replaced++
			return
		}
		q.refused++
	}
}

// settled answers the settle that waits, if any, when the book has seen all.
func (b *book) settled(ctx actor.Context) {
	if b.settle == nil || !b.live || b.seq < b.settle.seqs[b.symbol] {
		return
	}
	b.quote(ctx)
	b.settle.settled <- struct{}{}
	b.settle = nil
}

func (b *book) view() *view {
	v := &view{symbol: b.symbol, replica: b.replica, quotes: b.quotes}
	v.levels, v.pending = newLevels(b.all()...), nil
	return v
}
