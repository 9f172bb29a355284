package actors

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Whatever meets the stop of a connection or of a handler: see mailboxtest.Stops.
func TestNothingComesAfterTheStop(t *testing.T) {
	for name, kind := range map[string]mailboxtest.Kind{
		"connection": {Produce: newMailbox, Own: func(system *actor.ActorSystem, pid *actor.PID) mailboxtest.Owned {
			m, _ := mailbox.Of[*connMailbox](system, pid)
			m.init(treelessConn(system, pid, m))
			return mailboxtest.Owned{Release: m.Release, Post: m.post, Ended: m.stop}
		}},
		"handler": {Produce: reader.NewHandlerInbox, Own: func(system *actor.ActorSystem, pid *actor.PID) mailboxtest.Owned {
			m, _ := mailbox.Of[*reader.HandlerInbox](system, pid)
			c := treelessConn(system, pid, newMailbox().(*connMailbox)) // which is held
			c.mailbox.conn = c
			c.link.Init(&c.config.reading, c.mailbox, pid)
			m.Claim(&c.link)
			return mailboxtest.Owned{Release: m.Release}
		}},
	} {
		t.Run(name, func(t *testing.T) { mailboxtest.Stops(t, kind) })
	}
}

// treelessConn is a connection whose tree has nothing but the guard.
func treelessConn(system *actor.ActorSystem, pid *actor.PID, m *connMailbox) *Conn {
	config := defaultConfig(client)
	return &Conn{config: &config, pid: pid, mailbox: m, tree: &tree{Contained: child.Contain(system), system: system}}
}
