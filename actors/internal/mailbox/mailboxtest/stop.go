package mailboxtest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// step is a message to an actor whose mailbox is held: all orders are tried.
type step byte

const (
	stopIt     step = 's'
	restartIt  step = 'r'
	watchIt    step = 'w'
	resumeIt   step = 'e'
	suspendIt  step = 'p'
	tellIt     step = 'u'
	breakIt    step = 'b' // and it panics
	stopItself step = 'x' // in Receive, and then panics
)

const steps = "srwepubx"

// registered is a process that notes what it is sent.
type registered struct{ system []any }

func (p *registered) SendUserMessage(*actor.PID, any) {}
func (p *registered) SendSystemMessage(_ *actor.PID, message any) {
	p.system = append(p.system, message)
}
func (p *registered) Stop(*actor.PID) {}

// childOf is a context that spawns children of somebody else.
type childOf struct {
	*actor.RootContext
	parent *actor.PID
}

func (c childOf) Self() *actor.PID { return c.parent }

// trial is an actor under test: its lifecycle as a word, and who watches it.
type trial struct {
	life     strings.Builder
	lived    string // until it was stopped for the end of the trial
	alive    bool   // until then
	told     int    // its parent, that it terminated, until then
	own      Owned
	child    *actor.Props // nil if it has none
	discards []*Thing
	parent   *registered
	watcher  *registered
}

func (a *trial) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		a.life.WriteByte('<')
		if a.child != nil {
			ctx.Spawn(a.child)
		}
	case *actor.Restarting:
		a.life.WriteByte('~')
	case *actor.Stopping:
		a.life.WriteByte('.')
	case *actor.Stopped:
		a.life.WriteByte('>')
		if a.own.Ended != nil {
			a.own.Ended()
		}
	case *Thing:
		a.life.WriteByte('-')
		m.Discard()
	case step:
		a.life.WriteByte('-')
		if m == stopItself {
			ctx.Stop(ctx.Self())
		}
		if m != tellIt {
			panic("on purpose")
		}
	}
}

// stage is where trials are made, each in an instant: on one goroutine.
type stage struct {
	system  *actor.ActorSystem
	parent  *actor.PID
	watcher *actor.PID
	trial   *trial
	kind    Kind
}

func newStage(kind Kind) *stage {
	s := &stage{kind: kind}
	s.system = actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	return s
}

// way is how the steps are given.
type way int

const (
	atOnce    way = iota // before the actor runs
	whileIdle            // each when what came before it is handled
	asParent             // likewise, by one whose child stops only at the end
)

// play gives an actor the steps in this order and returns what became of it.
func (s *stage) play(word string, how way) *trial {
	a := &trial{parent: &registered{}, watcher: &registered{}}
	childs := &ByHand{}
	if how == asParent {
		a.child = actor.PropsFromFunc(func(actor.Context) {}, actor.WithDispatcher(childs))
	}
	s.trial = a
	id := s.system.ProcessRegistry.NextId()
	s.parent, _ = s.system.ProcessRegistry.Add(a.parent, id+"parent")
	s.watcher, _ = s.system.ProcessRegistry.Add(a.watcher, id+"watcher")
	props := actor.PropsFromProducer(func() actor.Actor { return a },
		actor.WithMailbox(s.kind.Produce), actor.WithDispatcher(actor.NewSynchronizedDispatcher(300)))
	pid, err := actor.DefaultSpawner(s.system, id, props, childOf{s.system.Root, s.parent})
	if err != nil {
		panic(err)
	}
	process, _ := s.system.ProcessRegistry.Get(pid) // as whoever has the PID remembers it
	a.own = s.kind.Own(s.system, pid)
	if how != atOnce {
		a.own.Release()
	}
	for _, each := range word {
		s.post(process, pid, step(each))
		s.decide(process, pid)
	}
	if how == atOnce {
		a.own.Release()
	}
	s.decide(process, pid)
	for len(childs.Runs) > 0 {
		childs.Run()
		s.decide(process, pid)
	}
	s.system.ProcessRegistry.Remove(s.parent)
	s.system.ProcessRegistry.Remove(s.watcher)
	a.lived, a.told = a.life.String(), len(a.parent.system)
	if _, a.alive = s.system.ProcessRegistry.Get(pid); a.alive {
		process.Stop(pid)
		childs.Run()
	}
	return a
}

// decide restarts the trial for each of its failures.
func (s *stage) decide(process actor.Process, pid *actor.PID) {
	for s.trial.fails() > 0 {
		process.SendSystemMessage(pid, &actor.Restart{})
	}
}

// fails returns how many failures the parent has not answered, and forgets them.
func (a *trial) fails() (n int) {
	left := a.parent.system[:0]
	for _, m := range a.parent.system {
		if _, is := m.(*actor.Failure); is {
			n++
			continue
		}
		left = append(left, m)
	}
	a.parent.system = left
	return n
}

func (s *stage) post(process actor.Process, pid *actor.PID, one step) {
	system := func(message any) { process.SendSystemMessage(pid, message) }
	switch one {
	case stopIt:
		system(&actor.Stop{})
	case restartIt:
		system(&actor.Restart{})
	case watchIt:
		system(&actor.Watch{Watcher: s.watcher})
	case resumeIt:
		system(&actor.ResumeMailbox{})
	case suspendIt:
		system(&actor.SuspendMailbox{})
	default:
		if post := s.trial.own.Post; post != nil && one == tellIt {
			o := &Thing{}
			s.trial.discards = append(s.trial.discards, o)
			post(o)
			return
		}
		process.SendUserMessage(pid, one)
	}
}

// wrong returns what is wrong with how a trial went, or nothing.
func (a *trial) wrong(word string) string {
	bare := strings.ReplaceAll(a.lived, "-", "")
	for strings.Contains(bare, "~~") { // a restart meets one that waits for its child
		bare = strings.ReplaceAll(bare, "~~", "~")
	}
	bare = strings.ReplaceAll(bare, "~.", ".") // or a stop does
	for strings.HasPrefix(bare, "<~<") {
		bare = bare[2:]
	}
	switch {
	case a.alive && bare != "<" || !a.alive && bare != "<.>":
		return "it was not started and ended once: " + a.lived
	case strings.ContainsRune(word, rune(stopIt)) && a.alive:
		return "a stop was taken, and it lives"
	case a.alive != (a.told == 0) || a.told > 1:
		return fmt.Sprintf("its parent heard %d times that it terminated", a.told)
	case !a.alive && strings.ContainsRune(word, rune(watchIt)) != (len(a.watcher.system) > 0):
		return fmt.Sprintf("its watcher heard %d times that it terminated", len(a.watcher.system))
	case strings.Contains(a.lived, ">-"):
		return "it got a message after it had stopped"
	}
	for _, o := range a.discards {
		if !a.alive && !o.Discarded {
			return "what was left was not discarded"
		}
	}
	return ""
}

// Stops tries whatever meets a stop, in whatever order: an actor stops once, is not
// restarted afterwards, and whoever watches it hears of it.
func Stops(t *testing.T, kind Kind) {
	t.Helper()
	stage := newStage(kind)
	bad := 0
	everyWord(steps, 4, func(word string) {
		for _, how := range []way{atOnce, whileIdle, asParent} {
			if wrong := stage.play(word, how).wrong(word); wrong != "" && bad < 10 {
				bad++
				t.Errorf("%s, way %d: %s", word, how, wrong)
			}
		}
	})
}

// everyWord calls f with all words over the letters of at most n.
func everyWord(letters string, n int, f func(word string)) {
	words := []string{""}
	for range n {
		var longer []string
		for _, word := range words {
			for _, letter := range letters {
				longer = append(longer, word+string(letter))
				f(word + string(letter))
			}
		}
		words = longer
	}
}

// OrphanStops tries an actor that fails when nobody is left to decide about it: it stops.
func OrphanStops(t *testing.T, kind Kind) {
	t.Helper()
	stage := newStage(kind)
	a := &trial{parent: &registered{}, watcher: &registered{}}
	parent, _ := stage.system.ProcessRegistry.Add(a.parent, "parent")
	props := actor.PropsFromProducer(func() actor.Actor { return a },
		actor.WithMailbox(kind.Produce), actor.WithDispatcher(actor.NewSynchronizedDispatcher(300)))
	pid, _ := actor.DefaultSpawner(stage.system, "orphan", props, childOf{stage.system.Root, parent})
	stage.trial = a
	a.own = kind.Own(stage.system, pid)
	a.own.Release()
	stage.system.ProcessRegistry.Remove(parent)
	stage.system.Root.Send(pid, breakIt)
	if _, there := stage.system.ProcessRegistry.Get(pid); there || a.life.String() != "<-.>" {
		t.Errorf("it is there: %v, %s", there, a.life.String())
	}
}
