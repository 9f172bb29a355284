package supervisor

import (
	"container/list"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"golang.org/x/time/rate"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// turnDue is the governor's timer.
type turnDue struct{}

// IgnoreDeadLetterLogging: the governor may have been stopped over it.
func (*turnDue) IgnoreDeadLetterLogging() {}

// governor gives the connections of a tree their turns to dial: so many at a time, so
// many a second, to all hosts and to each. Within a host the first to ask is the first
// to dial; the hosts take turns, so that one which has lost thousands of connections
// does not hold up the others.
type governor struct {
	out     *child.Contained
	limits  dialLimits
	all     *rate.Limiter
	hosts   map[string]*host
	waiting []*host // in turn: those that somebody waits for
	dials   map[dialKey]*dial
	now     int // that dial
	sweepAt int // hosts
	timer   *time.Timer
}

// host is where some want to go.
type host struct {
	name   string
	limit  *rate.Limiter
	queue  *list.List // of *dial
	inTurn bool       // it is among those that somebody waits for, or was until now
	now    int        // that dial
}

type dialKey struct {
	conn   string
	number uint64
}

// dial is one that waits, or has its turn.
type dial struct {
	*child.Dial
	host    *host
	waiting *list.Element // nil when it has its turn
}

func newGovernor(out *child.Contained, limits dialLimits) *governor {
	return &governor{out: out, limits: limits, all: limits.all.limiter(), hosts: make(map[string]*host), dials: make(map[dialKey]*dial), sweepAt: 64}
}

// Receive implements actor.Actor.
func (g *governor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *child.Dial:
		g.enqueue(m)
	case *child.DialOver:
		g.over(dialKey{m.Conn.Id, m.Number})
	case *turnDue:
	case *messages.InspectDials:
		g.out.Do(func() { ctx.Respond(g.inspect()) })
		return
	case *actor.Stopping:
		if g.timer != nil {
			g.timer.Stop()
		}
		return
	default:
		return
	}
	g.giveTurns(ctx)
}

func (g *governor) enqueue(m *child.Dial) {
	h := g.hosts[m.Host]
	if h == nil {
		g.sweep()
		h = &host{name: m.Host, limit: g.limits.host.limiter(), queue: list.New()}
		g.hosts[m.Host] = h
	}
	d := &dial{Dial: m, host: h}
	d.waiting = h.queue.PushBack(d)
	g.lineUp(h)
	g.dials[dialKey{m.Conn.Id, m.Number}] = d
}

// lineUp puts a host at the end of those that take turns, once.
func (g *governor) lineUp(h *host) {
	if !h.inTurn {
		h.inTurn = true
		g.waiting = append(g.waiting, h)
	}
}

func (g *governor) over(key dialKey) {
	d := g.dials[key]
	switch {
	case d == nil:
		return
	case d.waiting != nil:
		d.host.queue.Remove(d.waiting)
	default:
		d.host.now--
		g.now--
	}
	delete(g.dials, key)
}

// giveTurns gives as many as there may be now, and sets the timer for the next.
func (g *governor) giveTurns(ctx actor.Context) {
	now := time.Now()
	for g.now < g.limits.atATime {
		h, wait := g.next(now)
		if h == nil {
			g.wind(ctx, wait)
			return
		}
		g.giveTurn(h, now)
	}
}

// next takes the next host out of those that wait, if one of them may be dialled now;
// else it says after which time one may be, or zero if that depends on who dials now.
func (g *governor) next(now time.Time) (h *host, wait time.Duration) {
	if len(g.waiting) == 0 {
		return nil, 0
	}
	if wait := untilToken(g.all, now); wait > 0 {
		return nil, wait
	}
	kept := g.waiting[:0]
	for i, one := range g.waiting {
		switch {
		case one.queue.Len() == 0: // they have left
			one.inTurn = false
			continue
		case one.now < g.limits.atATimeEach:
			until := untilToken(one.limit, now)
			if until == 0 {
				g.waiting = append(kept, g.waiting[i+1:]...)
				one.inTurn = false
				return one, 0
			}
			if wait == 0 || until < wait {
				wait = until
			}
		}
		kept = append(kept, one)
	}
	clear(g.waiting[len(kept):])
	g.waiting = kept
	return nil, wait
}

// giveTurn gives a host's first its turn, and the host goes to the end of the line. Its
// now is that of next: a limiter that is asked with an earlier time than before counts
// what lies between a second time.
func (g *governor) giveTurn(h *host, now time.Time) {
	g.all.AllowN(now, 1)
	h.limit.AllowN(now, 1)
	d := h.queue.Remove(h.queue.Front()).(*dial)
	d.waiting = nil
	h.now++
	g.now++
	if h.queue.Len() > 0 {
		g.lineUp(h)
	}
	g.out.Send(d.Conn, &child.Turn{Number: d.Number})
}

// untilToken is after which time a limiter has a token: zero if it has one.
func untilToken(l *rate.Limiter, now time.Time) time.Duration {
	r := l.ReserveN(now, 1)
	defer r.CancelAt(now)
	return r.DelayFrom(now)
}

func (g *governor) wind(ctx actor.Context, wait time.Duration) {
	if wait == 0 {
		return
	}
	if g.timer == nil {
		self := ctx.Self()
		g.timer = time.AfterFunc(wait, func() { g.out.Send(self, &turnDue{}) })
		return
	}
	g.timer.Reset(wait)
}

// sweep forgets the hosts that nobody dials and whose buckets are full again: as good
// as new. It looks whenever there are twice as many as it last left.
func (g *governor) sweep() {
	if len(g.hosts) < g.sweepAt {
		return
	}
	for name, h := range g.hosts {
		if h.now == 0 && h.queue.Len() == 0 && !h.inTurn && h.limit.Tokens() >= float64(h.limit.Burst()) {
			delete(g.hosts, name)
		}
	}
	g.sweepAt = max(64, 2*len(g.hosts))
}

func (g *governor) inspect() *messages.InspectedDials {
	all := &messages.InspectedDials{Dialling: g.now, Waiting: len(g.dials) - g.now, Hosts: make(map[string]messages.HostDials)}
	for name, h := range g.hosts {
		if n := h.queue.Len(); n > 0 || h.now > 0 {
			all.Hosts[name] = messages.HostDials{Dialling: h.now, Waiting: n}
		}
	}
	return all
}
