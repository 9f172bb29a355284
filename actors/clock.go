package actors

import (
	"container/heap"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// clock tells the connections of a tree when it is time to look for a sign of life.
// It is the one actor, with the one timer, for all of them: one each would be 700
// bytes of an idle connection.
type clock struct {
	system *actor.ActorSystem
	pid    *actor.PID
	began  time.Time
	alarms alarms
	timer  *time.Timer
}

// alarm is one that was asked for.
type alarm struct {
	at    time.Duration // since the clock began
	early time.Duration // by which it may be early, along with another
	conn  atomic.Pointer[Conn]
	due   any // what the connection is told
}

// chime is the timer's.
type chime struct{}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a timer may
// come a moment too late, and so may the last connection.
func (*chime) IgnoreDeadLetterLogging() {}
func (*alarm) IgnoreDeadLetterLogging() {}

func newClock(system *actor.ActorSystem) *clock {
	c := &clock{system: system, began: time.Now()}
	c.pid = system.Root.SpawnPrefix(actor.PropsFromProducer(func() actor.Actor { return c }), "sockvisor-clock")
	return c
}

func (c *clock) stop() { c.system.Root.Stop(c.pid) }

// set has a connection told when d is over, unless the alarm is cancelled; or early,
// if the clock wakes up for another.
func (c *clock) set(conn *Conn, due any, d, early time.Duration) *alarm {
	a := &alarm{at: time.Since(c.began) + d, early: early, due: due}
	a.conn.Store(conn)
	c.system.Root.Send(c.pid, a)
	return a
}

func (a *alarm) cancel() {
	if a != nil {
		a.conn.Store(nil)
	}
}

// Receive implements actor.Actor.
func (c *clock) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *alarm:
		heap.Push(&c.alarms, m)
		if c.alarms[0] == m {
			c.wind()
		}
	case *chime:
		c.ring()
	case *actor.Stopping:
		if c.timer != nil {
			c.timer.Stop()
		}
	}
}

// ring tells whoever it is time for, and runs them here, one after the other: so
// that the heartbeats of 9,000 connections wake the processor some 3 times a second
// and not 900 times.
func (c *clock) ring() {
	now := time.Since(c.began)
	for early := false; len(c.alarms) > 0; early = true {
		next := c.alarms[0]
		if next.at > now && !(early && next.at-next.early <= now) {
			break
		}
		heap.Pop(&c.alarms)
		if conn := next.conn.Load(); conn != nil {
			conn.mailbox.control.push(next.due)
			conn.mailbox.runHere()
		}
	}
	c.wind()
}

// wind sets the timer for the next alarm.
func (c *clock) wind() {
	if len(c.alarms) == 0 {
		return
	}
	left := c.alarms[0].at - time.Since(c.began)
	if c.timer == nil {
		c.timer = time.AfterFunc(left, func() { c.system.Root.Send(c.pid, &chime{}) })
		return
	}
	c.timer.Reset(left)
}

// alarms is a heap, the next one first.
type alarms []*alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at < a[j].at }
func (a alarms) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)        { *a = append(*a, x.(*alarm)) }

// Pop implements heap.Interface.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return x
}
