// Package clock rings alarms: it is one timer for all who share it. It knows neither
// whom it rings nor what for.
package clock

import (
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Clock rings whoever has asked for it when their time has come. It is the one actor,
// with the one timer, for all of them: one each would be 700 bytes of an idle connection.
// All methods may be called from any goroutine.
type Clock struct {
	out   Out
	pid   *actor.PID
	began time.Time
	// pending is how many alarms are set: the clock's word, for anybody.
	pending atomic.Int64

	// The actor's own.
	alarms alarms
	timer  *time.Timer
}

// Out is how the clock's actor is spawned, reached and stopped: code of the user's may
// run in there, and hurts nobody.
type Out interface {
	Mailbox() actor.PropsOption
	Send(to *actor.PID, message any)
	Stop(who *actor.PID)
}

// setting is what an alarm is set to, or that it is cancelled.
type setting struct {
	alarm     *Alarm
	at, early time.Duration
	cancelled bool
}

// tick is the timer's.
type tick struct{}

// IgnoreDeadLetterLogging implements actor.IgnoreDeadLetterLogging: a timer may
// come a moment too late, and so may the last connection.
func (*tick) IgnoreDeadLetterLogging()    {}
func (*setting) IgnoreDeadLetterLogging() {}

// New starts the clock of an actor system.
func New(system *actor.ActorSystem, out Out) *Clock {
	c := &Clock{out: out, began: time.Now()}
	props := actor.PropsFromProducer(func() actor.Actor { return c }, out.Mailbox())
	c.pid = system.Root.SpawnPrefix(props, "sockvisor-clock")
	return c
}

// Now is the time since the clock began.
func (c *Clock) Now() time.Duration { return time.Since(c.began) }

// Pending is how many alarms are set.
func (c *Clock) Pending() int { return int(c.pending.Load()) }

// Stop ends the clock: it rings nobody any more.
func (c *Clock) Stop() { c.out.Stop(c.pid) }

// Set has an alarm ring at a time of the clock's, once; or by early sooner, if the clock
// wakes up for another then. It replaces what it was set to before.
func (c *Clock) Set(a *Alarm, at, early time.Duration) {
	c.out.Send(c.pid, &setting{alarm: a, at: at, early: max(early, 0)})
}

// Cancel takes an alarm back. It may still ring once, if it is about to.
func (c *Clock) Cancel(a *Alarm) { c.out.Send(c.pid, &setting{alarm: a, cancelled: true}) }

// Receive implements actor.Actor.
func (c *Clock) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *setting:
		c.set(m)
	case *tick:
		c.ring()
	case *actor.Stopping:
		c.end()
	}
}

// end keeps nothing of those who had alarms: what they cancel from now on is lost.
func (c *Clock) end() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.alarms = nil
	c.pending.Store(0)
}

// set puts an alarm into the heap, or out of it. The timer that was set for one that
// left rings in vain, once.
func (c *Clock) set(m *setting) {
	c.alarms.remove(m.alarm)
	if !m.cancelled {
		m.alarm.at, m.alarm.early = m.at, m.early
		c.alarms.add(m.alarm)
		if c.alarms[0] == m.alarm {
			c.wind()
		}
	}
	c.pending.Store(int64(len(c.alarms)))
}

// ring rings all for which it is time, here, one after the other: so that the heartbeats
// of 9,000 connections wake the processor some 3 times a second and not 900 times.
func (c *Clock) ring() {
	defer c.wind() // also if who is rung panics
	now := c.Now()
	for early := false; len(c.alarms) > 0; early = true {
		next := c.alarms[0]
		if next.at > now && !(early && next.at-next.early <= now) {
			break
		}
		c.alarms.remove(next)
		c.pending.Store(int64(len(c.alarms)))
		next.ringer.Ring()
	}
}

// wind sets the timer for the next alarm.
func (c *Clock) wind() {
	if len(c.alarms) == 0 {
		return
	}
	left := c.alarms[0].at - c.Now()
	if c.timer == nil {
		c.timer = time.AfterFunc(left, func() { c.out.Send(c.pid, &tick{}) })
		return
	}
	c.timer.Reset(left)
}
