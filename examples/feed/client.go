package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// client is the program's side of one exchange, for the goroutine that checks.
type client struct {
	*exchange
	conn  *actors.Conn
	feed  *actor.PID
	root  *actor.RootContext // of the client's actor system
	asked int
}

// connect connects to an exchange, with the heartbeat that it wants.
func connect(sup *supervisor.Supervisor, x *exchange, log *log.Logger, began time.Time) (*client, error) {
	started := make(chan *actor.PID, 1)
	options := append([]actors.Option{
		actors.WithHandler(func() actor.Actor {
			return &feed{name: x.name, symbols: symbols, log: log, began: began, started: started}
		}),
		actors.WithOnOpen(subscribe),
		actors.WithCorrelation(correlate, 0),
		actors.WithHandshakeTimeout(time.Second),
	}, x.heartbeat.client...)
	conn, err := actors.Connect(sup, x.url, options...)
	if err != nil {
		return nil, err
	}
	return &client{exchange: x, conn: conn, feed: <-started, root: sup.System().Root}, nil
}

// subscribe is what is said first on every socket, ahead of all that is queued.
func subscribe(uint64) (all []*messages.Send) {
	for _, symbol := range symbols {
		all = append(all, text(&request{Op: "subscribe", Symbol: symbol}))
	}
	return all
}

// catchUp waits, once the exchange has halted, until every book has seen all changes
// and the exchange has read every last quote.
func (c *client) catchUp(ctx context.Context) error {
	if err := c.roundTrip(ctx); err != nil { // so this socket is none that was cut
		return err
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	if err := c.conn.Flush(ctx); err != nil {
		return err
	}
	return c.roundTrip(ctx)
}

// settle waits for the books.
func (c *client) settle(ctx context.Context) error {
	settled, seqs := make(chan struct{}, len(symbols)), make(map[string]uint64)
	for symbol, listing := range c.exchange.look() {
		seqs[symbol] = listing.seq
	}
	c.root.Send(c.feed, &settle{seqs: seqs, settled: settled})
	for n := range symbols {
		select {
		case <-settled:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d books have caught up: %w", n, len(symbols), ctx.Err())
		}
	}
	return nil
}

// roundTrip returns when the exchange has handled all that was written before it, on
// a later socket if this one fails.
func (c *client) roundTrip(ctx context.Context) error {
	for {
		c.asked++
		id := fmt.Sprintf("check#%d", c.asked)
		_, err := c.conn.Ask(ctx, &messages.Ask{ID: id, Send: text(&request{Op: "snapshot", ID: id, Symbol: symbols[0]})})
		if lost := new(messages.AnswerLostError); !errors.As(err, &lost) {
			return err
		}
	}
}

// look returns how the feed and its books are, by symbol.
func (c *client) look() (*feedView, map[string]*view) {
	feed, each := make(chan *feedView, 1), make(chan *view, len(symbols))
	c.root.Send(c.feed, &look{feed: feed, views: each})
	views := make(map[string]*view)
	for range symbols {
		v := <-each
		views[v.symbol] = v
	}
	return <-feed, views
}

// outcome returns what both sides say, once they have caught up.
func (c *client) outcome() *outcome {
	feed, ours := c.look()
	theirs := c.exchange.look()
	o := &outcome{
		name: c.name, heartbeat: c.heartbeat.name, cuts: c.cuts, frozen: c.frozen, epochs: c.conn.Epoch(), feedView: *feed,
	}
	for _, symbol := range symbols {
		o.results = append(o.results, &result{exchange: c.name, symbol: symbol, theirs: theirs[symbol], ours: ours[symbol]})
	}
	return o
}
