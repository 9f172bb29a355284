package groups

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// Member is the mailbox of a connection.
type Member interface {
	mailbox.Work
	// TakeBroadcast queues a message that is valid, and now or later runs the connection
	// on the caller's goroutine.
	TakeBroadcast(message *messages.Send, now bool)
	// RunHere runs it, if it does not already.
	RunHere() bool
}

// shard sends broadcasts to some of a group's members.
//
// It queues what was broadcast with every member, and runs the members on its own
// goroutine, one after the other: a connection never blocks. (Waking 5,000
// goroutines for a broadcast to 5,000 took a third of its time.) While further
// broadcasts wait, it only queues, so that a member writes them in one system call;
// else it runs each at once, while its memory is in the processor's caches.
type shard struct {
	out     Out
	inbox   *shardInbox
	members []member
	places  map[connKey]int // in members
	queued  int             // broadcasts that members have and were not run for
}

// member is a connection. The mailbox is nil if it is not of this process, or gone.
type member struct {
	pid     *actor.PID
	mailbox Member
	gone    bool // it had ended when it became a member, and will leave
}

func newMember(out Out, system *actor.ActorSystem, conn *actor.PID) member {
	process, there := system.ProcessRegistry.Get(conn)
	m := member{pid: conn, gone: !there && conn.Address == system.Address()}
	if mailbox.IsLocal(process) {
		out.Do(func() { m.mailbox, _ = mailbox.Of[Member](system, conn) }) // it may be any actor's
	}
	return m
}

// enter and exit say who is a member of the shard.
type (
	enter struct{ conn *actor.PID }
	exit  struct{ conn *actor.PID }
)

// What is sent to a shard that has just stopped is no news.
func (*enter) IgnoreDeadLetterLogging() {}
func (*exit) IgnoreDeadLetterLogging()  {}

// queuedAtMost is how many broadcasts wait at most until the members are run: each
// may send what has come together in one system call.
const queuedAtMost = 16

// Receive implements actor.Actor.
func (s *shard) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		s.inbox, _ = mailbox.Of[*shardInbox](ctx.ActorSystem(), ctx.Self())
	case *enter:
		s.places[keyOf(m.conn)] = len(s.members)
		s.members = append(s.members, newMember(s.out, ctx.ActorSystem(), m.conn))
	case *exit:
		s.remove(m.conn)
	case *messages.Broadcast:
		s.broadcast(m)
	case *actor.Stopping:
		s.run()
	}
}

func (s *shard) remove(conn *actor.PID) {
	place, known := s.places[keyOf(conn)]
	if !known {
		return
	}
	if m := s.members[place]; m.mailbox != nil && s.queued > 0 {
		m.mailbox.RunHere() // it has what it is not run for later
	}
	last := len(s.members) - 1
	s.members[place] = s.members[last]
	s.places[keyOf(s.members[place].pid)] = place
	s.members[last] = member{}
	s.members = s.members[:last]
	delete(s.places, keyOf(conn))
}

func (s *shard) broadcast(b *messages.Broadcast) {
	last := s.queued == 0 && s.inbox.Queue.Empty()
	for _, m := range s.members {
		switch {
		case b.Except != nil && keyOf(b.Except) == keyOf(m.pid):
		case m.gone: // a dead letter for each would say nothing
		case m.mailbox == nil:
			s.out.Send(m.pid, b.Message)
		default:
			m.mailbox.TakeBroadcast(b.Message, last)
		}
	}
	if last {
		return
	}
	if s.queued++; s.queued == queuedAtMost {
		s.run()
	}
}

// run has the members write what they have.
func (s *shard) run() {
	if s.queued == 0 {
		return
	}
	s.queued = 0
	for _, m := range s.members {
		if m.mailbox != nil {
			m.mailbox.RunHere()
		}
	}
}
