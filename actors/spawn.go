package actors

import (
	"errors"
	"strings"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/blame"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/messages"
)

// spawnHandler spawns the handler as its Props say. What is the user's in that (the
// producer, OnInit, a spawn func) runs here and now.
func (c *connection) spawnHandler() (err error) {
	h, config := &c.conn.kept.handler, &c.conn.config.handler
	defer blame.Contained("", &err)
	pid, err := c.spawn(config.props)
	if err != nil {
		return &messages.HandlerError{Reason: err}
	}
	m, err := c.handlerInbox(pid)
	if err != nil {
		c.disown(pid, m)
		return &messages.HandlerError{Reason: err}
	}
	if config.pooled {
		m.SetDispatcher(c.conn.tree.workers)
	} else {
		m.SetDispatcher(guardDispatcher(m.Dispatcher(), c.conn.tree.Contained))
	}
	h.pid, h.inbox = pid, m
	m.Release()
	return nil
}

func (c *connection) spawn(props *actor.Props) (pid *actor.PID, err error) {
	const name = "handler"
	spawned := false
	defer func() {
		if !spawned && !errors.Is(err, actor.ErrNameExists) { // what was begun of it has not run
			c.conn.tree.system.ProcessRegistry.Remove(actor.NewPID(c.conn.pid.Address, c.conn.pid.Id+"/"+name))
		}
	}()
	pid, err = c.ctx.SpawnNamed(props, name)
	if spawned = errors.Is(err, errSpawned); spawned {
		err = nil
	}
	return pid, err
}

// handlerInbox returns the inbox of what was spawned, or why it cannot be the handler:
// the connection has to know how much that has handled, and when it has stopped.
func (c *connection) handlerInbox(pid *actor.PID) (*reader.HandlerInbox, error) {
	process, _ := c.conn.tree.system.ProcessRegistry.Get(pid)
	if !mailbox.IsLocal(process) {
		return nil, errors.New("the spawn func of its Props has spawned no actor of this process")
	}
	m, own := mailbox.Of[*reader.HandlerInbox](c.conn.tree.system, pid)
	if !own {
		return nil, errors.New("the spawn func of its Props must keep their mailbox")
	}
	if !m.Claim(&c.conn.link) {
		return nil, errors.New("the spawn func of its Props must spawn an actor for each connection")
	}
	self := m.Context()
	if !c.conn.pid.Equal(self.Parent()) {
		return m, errors.New("the spawn func of its Props must spawn under the parent that it is given")
	}
	if self.Actor() == nil {
		return m, errors.New("the producer has returned nil")
	}
	return m, nil
}

// disown ends what was spawned, if it was for this connection: what has its inbox has
// not run.
func (c *connection) disown(pid *actor.PID, m *reader.HandlerInbox) {
	switch {
	case m != nil:
		c.conn.tree.system.ProcessRegistry.Remove(pid)
	case pid != nil && strings.HasPrefix(pid.Id, c.conn.pid.Id+"/"):
		c.conn.tree.Stop(pid)
	}
}

// errSpawned is what there is instead of an error, so that protoactor does not add the
// actor to its set of the connection's children.
var errSpawned = errors.New("spawned, and no child")

// noChild is the connection's spawn middleware: see adopt.
func noChild(next actor.SpawnFunc) actor.SpawnFunc {
	return func(system *actor.ActorSystem, id string, props *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
		pid, err := next(system, id, props, parent)
		if err == nil {
			err = errSpawned
		}
		return pid, err
	}
}
