package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// feed is the handler of the connection to one exchange. It outlives the sockets, and
// so do its children, the books.
type feed struct {
	name    string
	symbols []string
	log     *log.Logger
	began   time.Time
	started chan<- *actor.PID // gets its own, has room for it

	books   map[string]*actor.PID
	failure error // of this epoch, or nil
	feedView
}

// feedView is what a feed publishes of itself.
type feedView struct {
	heartbeats int // that were not answered
	foreign    int // messages that are of no book
}

// Receive implements actor.Actor.
func (f *feed) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		f.spawnBooks(ctx)
		f.started <- ctx.Self()
	case *messages.Opened:
		f.print(m.Epoch, "open")
		f.tellBooks(ctx, m) // who ask for a snapshot
	case *messages.Received:
		f.received(ctx, m)
	case *messages.Failed:
		f.failure = m.Err
	case *messages.Closed:
		f.closed(m)
	case *settle:
		f.tellBooks(ctx, m)
	case *look:
		seen := f.feedView
		m.feed <- &seen
		f.tellBooks(ctx, m)
	}
}

// spawnBooks spawns the books. A book asks and quotes without help of the feed: its
// requests go to the connection, and the answers come to it.
func (f *feed) spawnBooks(ctx actor.Context) {
	f.books = make(map[string]*actor.PID)
	for _, symbol := range f.symbols {
		conn := ctx.Parent()
		f.books[symbol] = ctx.Spawn(actor.PropsFromProducer(func() actor.Actor {
			return &book{symbol: symbol, conn: conn, replica: newReplica()}
		}))
	}
}

// received passes an update on to its book. A snapshot comes here only if the book
// has given up waiting for it.
func (f *feed) received(ctx actor.Context, m *messages.Received) {
	r := new(report)
	err := json.Unmarshal(m.Data, r)
	book, known := f.books[r.Symbol]
	switch {
	case err != nil || !known:
		f.foreign++
	case r.ID == "":
		ctx.Send(book, r)
	}
}

func (f *feed) closed(m *messages.Closed) {
	if unanswered := new(messages.HeartbeatError); errors.As(f.failure, &unanswered) {
		f.heartbeats++
	}
	why := m.Code.String()
	if f.failure != nil {
		why = f.failure.Error()
	}
	then := "for good"
	if m.WillRetry {
		then = "again in " + m.RetryIn.Round(time.Millisecond).String()
	}
	f.print(m.Epoch, fmt.Sprintf("closed: %s, %s", why, then))
	f.failure = nil
}

func (f *feed) tellBooks(ctx actor.Context, m any) {
	for _, book := range f.books {
		ctx.Send(book, m)
	}
}

func (f *feed) print(epoch uint64, text string) {
	f.log.Printf("%6.2fs  %-7s  epoch %2d  %s", time.Since(f.began).Seconds(), f.name, epoch, text)
}
