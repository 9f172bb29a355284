package actors

import (
	"container/heap"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/supervisor/child"
)

// clock tells the connections of a tree when it is time to look for a sign of life.
// It is the one actor, with the one timer, for all of them: one each would be 700
// bytes of an idle connection.
type clock struct {
	out    *child.Contained
	pid    *actor.PID
	began  time.Time
	alarms alarms
	timer  *time.Timer
}

// alarm is one that was asked for.
type alarm struct {
	at    time.Duration // since the clock began
	early time.Duration // by which it may be early, along with another
	due   any           // what the connection is told
	// conn is who is told, until the clock rings or the connection cancels: whoever
	// takes it out.
	conn atomic.Pointer[Conn]
	// place is that in the heap, from one on, or zero. It is the clock's.
	place int
}

// chime is the timer's.
type chime struct{}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a timer may
// come a moment too late, and so may the last connection.
func (*chime) IgnoreDeadLetterLogging() {}
func (*alarm) IgnoreDeadLetterLogging() {}

func newClock(system *actor.ActorSystem) *clock {
	c := &clock{out: child.Contain(system), began: time.Now()}
	props := actor.PropsFromProducer(func() actor.Actor { return c }, c.out.Mailbox())
	c.pid = system.Root.SpawnPrefix(props, "sockvisor-clock")
	return c
}

// now is the time since the clock began.
func (c *clock) now() time.Duration { return time.Since(c.began) }

func (c *clock) stop() { c.out.Stop(c.pid) }

// set has a connection told when d is over, unless the alarm is cancelled; or early,
// if the clock wakes up for another.
func (c *clock) set(conn *Conn, due any, d, early time.Duration) *alarm {
	a := &alarm{at: sum(c.now(), d), early: max(early, 0), due: due}
	a.conn.Store(conn)
	c.out.Send(c.pid, a)
	return a
}

// cancel takes an alarm back, which may be nil or over.
func (c *clock) cancel(a *alarm) {
	if a != nil && a.conn.Swap(nil) != nil {
		c.out.Send(c.pid, a) // once more: it leaves the heap
	}
}

// late is by how much an alarm that rings now, or nil, comes too late.
func (c *clock) late(a *alarm) time.Duration {
	if a == nil {
		return 0
	}
	return max(c.now()-a.at, 0)
}

// Receive implements actor.Actor.
func (c *clock) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *alarm:
		c.take(m)
	case *chime:
		c.ring()
	case *actor.Stopping:
		if c.timer != nil {
			c.timer.Stop()
		}
	}
}

// take puts an alarm into the heap, or out of it if it was cancelled. The timer that
// was set for one that left rings in vain, once.
func (c *clock) take(a *alarm) {
	switch cancelled := a.conn.Load() == nil; {
	case cancelled && a.place > 0:
		heap.Remove(&c.alarms, a.place-1)
	case cancelled: // before it was here, or it has rung
	default:
		heap.Push(&c.alarms, a)
		if c.alarms[0] == a {
			c.wind()
		}
	}
}

// ring tells whoever it is time for, and runs them here, one after the other: so
// that the heartbeats of 9,000 connections wake the processor some 3 times a second
// and not 900 times.
func (c *clock) ring() {
	now := c.now()
	for early := false; len(c.alarms) > 0; early = true {
		next := c.alarms[0]
		if next.at > now && !(early && next.at-next.early <= now) {
			break
		}
		heap.Pop(&c.alarms)
		if conn := next.conn.Swap(nil); conn != nil {
			conn.mailbox.control.Push(next.due)
			conn.mailbox.RunHere()
		}
	}
	c.wind()
}

// wind sets the timer for the next alarm.
func (c *clock) wind() {
	if len(c.alarms) == 0 {
		return
	}
	left := c.alarms[0].at - c.now()
	if c.timer == nil {
		c.timer = time.AfterFunc(left, func() { c.out.Send(c.pid, &chime{}) })
		return
	}
	c.timer.Reset(left)
}

// alarms is a heap, the next one first. Each knows its place.
type alarms []*alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at < a[j].at }

// Swap implements heap.Interface.
func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i+1, j+1
}

// Push implements heap.Interface.
func (a *alarms) Push(x any) {
	one := x.(*alarm)
	*a = append(*a, one)
	one.place = len(*a)
}

// Pop implements heap.Interface.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	x.place = 0
	(*a)[last] = nil
	*a = (*a)[:last]
	return x
}
