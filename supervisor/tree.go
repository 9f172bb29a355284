package supervisor

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Tree is for those who supervise a connection of another kind, as package actors does:
// the children that are spawned by it are restarted as the policy says, which must not
// change any more. Nil means that of the tree. See package child.
func (s *Supervisor) Tree(policy *Policy) child.Tree {
	if policy == nil {
		policy = &s.policy
	}
	return &tree{supervisor: s, policy: policy}
}

// tree is a Supervisor as its children's owners see it.
type tree struct {
	supervisor *Supervisor
	policy     *Policy
}

// System implements child.Tree.
func (t *tree) System() *actor.ActorSystem { return t.supervisor.system }

// Governor implements child.Tree.
func (t *tree) Governor() *actor.PID { return t.supervisor.governor }

// Contained implements child.Tree.
func (t *tree) Contained() *child.Contained { return t.supervisor.out }

// Spawn implements child.Tree.
func (t *tree) Spawn(props *actor.Props) (*actor.PID, error) {
	if props == nil {
		return nil, &messages.OptionError{Option: "props", Problem: "must not be nil"}
	}
	if err := t.policy.Validate(); err != nil {
		return nil, err
	}
	s, reply := t.supervisor, make(chan spawned, 1)
	s.out.Send(s.nextShard(), &spawn{props: props, policy: t.policy, reply: reply})
	select {
	case answer := <-reply:
		return answer.pid, answer.err
	case <-s.done:
		return nil, &StoppedError{}
	}
}
