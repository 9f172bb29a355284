package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// adopt spawns an actor whose parent and supervisor is the connection, and returns
// its inbox, which is to be released.
//
// Not with ctx.Spawn: protoactor's set of children is half a kilobyte for two, and a
// restart stops all that are in it, of which the handler must not be one. So the
// connection stops what it has started: see stopChildren.
func (c *connection) adopt(props *actor.Props, id string) (*actor.PID, *inbox) {
	pid, err := actor.DefaultSpawner(c.system, c.pid.Id+"/"+id, props, c.ctx)
	if err != nil {
		panic(err)
	}
	m := claimed(c.system, pid).inbox
	m.conn = c.Conn
	return pid, m
}

// children are the actors of an incarnation, nil where there is none.
type children struct{ reader, heartbeat *actor.PID }

// stopChildren stops the reader and the heartbeat.
func (c *connection) stopChildren() {
	c.stopChild(&c.children.reader)
	c.stopChild(&c.children.heartbeat)
}

func (c *connection) stopChild(pid **actor.PID) {
	if *pid != nil {
		c.system.Root.Stop(*pid)
		*pid = nil
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
