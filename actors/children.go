package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// child is an actor that an incarnation starts and stops: the reader, the
// heartbeat.
type child interface {
	actor.Actor
	mailbox() *inbox
}

// produce and produceMailbox are of the Props that a connection, its reader and
// its heartbeat share: Props are 224 bytes. protoactor calls both while it spawns,
// and produce when it restarts the connection, always on the goroutine of whoever
// runs the connection.
func (c *Conn) produce() actor.Actor {
	if c.spawning != nil {
		return c.spawning
	}
	return &connection{Conn: c}
}

func (c *Conn) produceMailbox() actor.Mailbox {
	if c.spawning != nil {
		return c.spawning.mailbox()
	}
	return &c.mailbox
}

// startChild spawns an actor whose parent and supervisor is the connection.
//
// Not with ctx.Spawn: protoactor's set of children is half a kilobyte for two, and a
// restart stops all that are in it, of which the handler must not be one. So the
// connection stops what it has started: see release.
func (c *connection) startChild(child child) *actor.PID {
	child.mailbox().init(c.Conn)
	c.spawning = child
	defer func() { c.spawning = nil }()
	return c.adopt(c.props, c.pid.Id+"/"+c.system.ProcessRegistry.NextId())
}

func (c *connection) adopt(props *actor.Props, id string) *actor.PID {
	pid, err := actor.DefaultSpawner(c.system, id, props, c.ctx)
	if err != nil {
		panic(err)
	}
	return pid
}

// stopChildren stops the reader and the heartbeat.
func (c *connection) stopChildren() {
	for i, pid := range c.children {
		if pid != nil {
			c.system.Root.Stop(pid)
			c.children[i] = nil
		}
	}
}

// childFailed ends the epoch for a panic in the reader or the heartbeat, which is a
// bug. Suspended as it is, the reader delivers nothing more and could not say so.
func (c *connection) childFailed(reason any) {
	c.stopChildren()
	c.fail(&messages.InternalError{Reason: reason})
	if c.reader != nil {
		c.readerEnded(&readerEnded{epoch: c.own, err: c.failure})
	}
}
