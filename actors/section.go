package actors

import (
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// sender is the actor of a section: it sends broadcasts to its members.
//
// It queues what was broadcast with every member, and runs the members on its own
// goroutine, one after the other: a connection never blocks. (Waking 5,000
// goroutines for a broadcast to 5,000 took a third of its time.) While further
// broadcasts wait, it only queues, so that a member writes them in one system call;
// else it runs each at once, while its memory is in the processor's caches.
type sender struct {
	out     *supervisor.Contained
	inbox   *sectionInbox
	members []member
	places  map[connKey]int // in members
	queued  int             // broadcasts that members have and were not run for
}

// member is a connection. The mailbox is nil if it is not of this process, or gone.
type member struct {
	pid     *actor.PID
	mailbox *connMailbox
}

func newMember(out *supervisor.Contained, system *actor.ActorSystem, conn *actor.PID) member {
	m := member{pid: conn}
	if process, _ := system.ProcessRegistry.Get(conn); isLocal(process) {
		out.Do(func() { m.mailbox, _ = mailbox.Of[*connMailbox](system, conn) }) // it may be any actor's
	}
	return m
}

func isLocal(process actor.Process) bool {
	_, local := process.(*actor.ActorProcess)
	return local
}

// sectionProps are of one actor system's sections: their mailbox tells them when it
// is empty.
var sectionProps = actor.PropsFromProducer(func() actor.Actor {
	return &sender{places: make(map[connKey]int)}
}, actor.WithMailbox(newSectionInbox))

// sectionInbox is the mailbox of a section, and of the actors above it: protoactor's own
// keeps room for as many messages as ever waited.
type sectionInbox struct{ mailbox.Inbox }

func newSectionInbox() actor.Mailbox {
	m := &sectionInbox{}
	m.Init(m)
	return m
}

// RegisterHandlers implements actor.Mailbox: nobody waits to find out whose it is.
func (m *sectionInbox) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	m.Inbox.RegisterHandlers(invoker, d)
	m.Release()
}

// Drained has the members write what waits.
func (m *sectionInbox) Drained() {
	if s, ok := m.Actor().(*sender); ok {
		s.run()
	}
}

// Crashed implements mailbox.Work: a section that was restarted would have forgotten its
// members.
func (m *sectionInbox) Crashed(reason any) any {
	m.Guard(m.Context().ActorSystem()).Crashed(&messages.HandlerError{Reason: reason, In: "sockvisor", Stack: debug.Stack()})
	return nil
}

// Guard implements mailbox.Work.
func (m *sectionInbox) Guard(system *actor.ActorSystem) mailbox.Guard {
	return supervisor.Contain(system)
}

// enter and exit say who is a member of the section.
type (
	enter struct{ conn *actor.PID }
	exit  struct{ conn *actor.PID }
)

// What is sent to a section that has just stopped is no news.
func (*enter) IgnoreDeadLetterLogging() {}
func (*exit) IgnoreDeadLetterLogging()  {}

// queuedAtMost is how many broadcasts wait at most until the members are run: each
// may send what has come together in one system call.
const queuedAtMost = 16

// Receive implements actor.Actor.
func (s *sender) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		s.out = supervisor.Contain(ctx.ActorSystem())
		s.inbox, _ = mailbox.Of[*sectionInbox](ctx.ActorSystem(), ctx.Self())
	case *enter:
		s.places[keyOf(m.conn)] = len(s.members)
		s.members = append(s.members, newMember(s.out, ctx.ActorSystem(), m.conn))
	case *exit:
		s.remove(m.conn)
	case *messages.Broadcast:
		s.broadcast(m)
	}
}

func (s *sender) remove(conn *actor.PID) {
	place, known := s.places[keyOf(conn)]
	if !known {
		return
	}
	last := len(s.members) - 1
	s.members[place] = s.members[last]
	s.places[keyOf(s.members[place].pid)] = place
	s.members[last] = member{}
	s.members = s.members[:last]
	delete(s.places, keyOf(conn))
}

func (s *sender) broadcast(b *messages.Broadcast) {
	last := s.queued == 0 && s.inbox.Queue.Empty()
	for _, m := range s.members {
		switch {
		case b.Except != nil && keyOf(b.Except) == keyOf(m.pid):
		case m.mailbox == nil:
			s.out.Send(m.pid, b.Message)
		default:
			m.mailbox.take(b.Message, last)
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
func (s *sender) run() {
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
