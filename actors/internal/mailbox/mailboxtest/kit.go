// Package mailboxtest tries mailboxes: what becomes of their actors when protoactor's
// messages come in any order.
package mailboxtest

import "github.com/asynkron/protoactor-go/actor"

// Kind is a kind of mailbox, which is held until it is released.
type Kind struct {
	Produce func() actor.Mailbox
	// Own makes that of an actor its own.
	Own func(system *actor.ActorSystem, pid *actor.PID) Owned
}

// Owned is a mailbox under trial.
type Owned struct {
	Release func()
	Post    func(message any) // past the actor's process; nil: there is no such way
	Ended   func()            // the actor has stopped; nil: it need not know
}

// ByHand is a dispatcher that runs when told.
type ByHand struct{ Runs []func() }

// Schedule implements actor.Dispatcher.
func (d *ByHand) Schedule(f func()) { d.Runs = append(d.Runs, f) }

// Throughput implements actor.Dispatcher.
func (d *ByHand) Throughput() int { return 300 }

// Run runs what was scheduled, and what that schedules.
func (d *ByHand) Run() {
	for len(d.Runs) > 0 {
		f := d.Runs[0]
		d.Runs = d.Runs[1:]
		f()
	}
}

// Thing is a message that owns something.
type Thing struct{ Discarded bool }

// Discard implements mailbox.Discarder.
func (o *Thing) Discard() { o.Discarded = true }
