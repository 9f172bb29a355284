package mailbox

import (
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
	"github.com/sockvisor/sockvisor/messages"
)

// plain is an Inbox that notes what its guard is told.
type plain struct {
	Inbox
	crashes []*messages.HandlerError
	rested  atomic.Int64
}

func newPlain() actor.Mailbox {
	m := &plain{}
	m.Init(m)
	return m
}

func (m *plain) Rested() { m.rested.Add(1) }

func (m *plain) Guard(system *actor.ActorSystem) Guard { return &noting{m, system} }

// noting is a guard that lets panics go on.
type noting struct {
	of     *plain
	system *actor.ActorSystem
}

func (n *noting) Stop(who *actor.PID) { n.system.Root.Stop(who) }
func (n *noting) Do(f func())         { f() }
func (n *noting) Crashed(e *messages.HandlerError, _ ...slog.Attr) {
	n.of.crashes = append(n.of.crashes, e)
}

var plainKind = mailboxtest.Kind{Produce: newPlain, Own: func(system *actor.ActorSystem, pid *actor.PID) mailboxtest.Owned {
	m, _ := Of[*plain](system, pid)
	return mailboxtest.Owned{Release: m.Release}
}}

func TestNothingComesAfterTheStop(t *testing.T) { mailboxtest.Stops(t, plainKind) }

func TestAnOrphanThatFailsStops(t *testing.T) { mailboxtest.OrphanStops(t, plainKind) }
