package main

import (
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

const (
	depth           = 20  // prices on each side
	withheldOneIn   = 400 // updates are not sent, as by an exchange that is overloaded
	snapshotLatency = 20 * time.Millisecond
)

// market is the actor that has an exchange's own books.
type market struct {
	random   *rand.Rand
	groups   *actor.PID // of connections, by symbol
	listings map[string]*listing
	made     int // changes of each
}

// listing is one book of an exchange, and what it knows of its client's quotes.
type listing struct {
	levels
	mid      int64
	seq      uint64
	withheld int // updates
	quoted   int // that were received
	last     quote
	backward int // quotes that were not newer than the last
}

// trade has the market make changes up to a number of them a symbol.
type trade struct{ upTo int }

// order is a request of a client.
type order struct {
	*request
	conn *actor.PID
}

// lookMarket asks the market for a copy of its listings.
type lookMarket struct{ reply chan<- map[string]*listing } // has room for it

func newMarket(seed uint64, groups *actor.PID) *market {
	m := &market{random: rand.New(rand.NewPCG(seed, 2)), groups: groups, listings: make(map[string]*listing)}
	for i, symbol := range symbols {
		m.listings[symbol] = &listing{levels: newLevels(), mid: 1000 * int64(i+1)}
	}
	return m
}

// Receive implements actor.Actor.
func (m *market) Receive(ctx actor.Context) {
	switch r := ctx.Message().(type) {
	case *trade:
		for ; m.made < r.upTo; m.made++ {
			for _, symbol := range symbols {
				m.change(ctx, symbol)
			}
		}
	case *order:
		l, known := m.listings[r.Symbol]
		switch {
		case !known:
		case r.Quote != nil:
			l.take(*r.Quote)
		default:
			m.sendSnapshot(ctx, l, r)
		}
	case *lookMarket:
		r.reply <- m.copy()
	}
}

// change changes some levels of a book and tells who subscribed.
func (m *market) change(ctx actor.Context, symbol string) {
	l := m.listings[symbol]
	var changed []level
	for range 1 + m.random.IntN(3) {
		changed = append(changed, m.randomLevel(l.mid))
	}
	l.apply(changed)
	l.seq++
	if m.random.IntN(withheldOneIn) == 0 {
		l.withheld++
		return
	}
	ctx.Send(m.groups, &messages.Broadcast{
		Group:   symbol,
		Message: text(&report{Symbol: symbol, Seq: l.seq, Levels: changed, Checksum: l.checksum()}),
	})
}

// randomLevel is of either side; of four, one is removed.
func (m *market) randomLevel(mid int64) level {
	size := max(0, m.random.Int64N(400)-100)
	distance := 1 + m.random.Int64N(depth)
	if m.random.IntN(2) == 0 {
		return level{bid, mid - distance, size}
	}
	return level{ask, mid + distance, size}
}

// sendSnapshot answers with the book as it is now, a little later: the updates of
// meanwhile are ahead of it.
func (m *market) sendSnapshot(ctx actor.Context, l *listing, r *order) {
	answer := text(&report{ID: r.ID, Symbol: r.Symbol, Seq: l.seq, Levels: l.all(), Checksum: l.checksum()})
	root := ctx.ActorSystem().Root
	time.AfterFunc(below(m.random, snapshotLatency), func() { root.Send(r.conn, answer) })
}

func (l *listing) take(q quote) {
	if q.Number <= l.last.Number {
		l.backward++
	}
	l.quoted++
	l.last = q
}

func (m *market) copy() map[string]*listing {
	all := make(map[string]*listing)
	for symbol, l := range m.listings {
		copied := *l
		copied.levels = newLevels(l.all()...)
		all[symbol] = &copied
	}
	return all
}
