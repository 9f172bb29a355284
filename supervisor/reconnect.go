package supervisor

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Reconnect has every connection of the tree do what [messages.Reconnect] says: for
// when the network has come back, or is another. Sending that message to PID does the
// same.
func (s *Supervisor) Reconnect() { s.out.Send(s.root, &messages.Reconnect{}) }

// WithNetworkChanges makes a Reconnect of everything that is received from a channel:
// the seam for the platform's own signal, such as netlink's, or a mobile OS's. Closing
// the channel ends it, as does the end of the tree.
func WithNetworkChanges(changes <-chan struct{}) Option {
	return func(c *config) { c.network = changes }
}

// follow makes Reconnects of a channel.
func (s *Supervisor) follow(changes <-chan struct{}) {
	for {
		select {
		case _, ok := <-changes:
			if !ok {
				return
			}
			s.Reconnect()
		case <-s.done:
			return
		}
	}
}

// restartAtOnce restarts a child that waits, if that is what was meant.
func (s *strategy) restartAtOnce(m *child.RestartNow) {
	if c := s.children[m.Conn.Id]; c != nil && c.restart != nil && c.epoch == m.Epoch {
		s.hurry(c)
	}
}

func (s *strategy) hurry(c *supervised) {
	c.restart.Stop()
	s.restartNow(&restartDue{child: c.pid.Id, epoch: c.epoch})
}

// reconnect restarts the children that wait, and has the others see whether they are
// still connected.
func (s *shard) reconnect(ctx actor.Context, m *messages.Reconnect) {
	for _, c := range s.children {
		switch {
		case c.stopped:
		case c.restart != nil:
			s.hurry(c)
		default:
			s.out.Send(c.pid, m)
		}
	}
}
