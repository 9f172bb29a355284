package mailbox

import (
	"sync"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
)

// scripted is a mailbox whose actor is a script.
func scripted() (*plain, *mailboxtest.Script, *mailboxtest.ByHand) {
	m := newPlain().(*plain)
	s, d := &mailboxtest.Script{}, &mailboxtest.ByHand{}
	m.RegisterHandlers(s, d)
	m.Start()
	return m, s, d
}

// A mailbox is held until it is released, and runs what was posted by then.
func TestHeld(t *testing.T) {
	m, s, d := scripted()
	m.PostUserMessage("1")
	m.PostSystemMessage("system")
	d.Run()
	s.Expect(t)
	m.Release()
	d.Run()
	s.Expect(t, "system", "1")
	if m.rested.Load() != 1 || m.UserMessageCount() != 0 {
		t.Errorf("rested %d times", m.rested.Load())
	}
}

// Who takes a mailbox keeps it from running, and learns what was posted meanwhile.
func TestTaken(t *testing.T) {
	m, s, d := scripted()
	m.GiveBack()
	if !m.Take() || m.Take() || m.GiveBack() || !m.Take() {
		t.Fatal("it is taken by two, or not at all")
	}
	m.PostUserMessage("1")
	m.PostUserMessage("2")
	if !m.GiveBack() {
		t.Error("who gave it back does not know")
	}
	d.Run()
	s.Expect(t)
	if !m.RunHere() {
		t.Error("it has not run here")
	}
	s.Expect(t, "1", "2")
	if m.rested.Load() != 0 || !m.Undisturbed() {
		t.Error("it has rested as if it had been scheduled")
	}
}

// What is posted while the actor runs is run by the same goroutine.
func TestPostedByItself(t *testing.T) {
	m, s, d := scripted()
	m.GiveBack()
	again := &posting{Script: s, mailbox: m}
	m.RegisterHandlers(again, d)
	m.PostUserMessage("1")
	if len(d.Runs) != 1 {
		t.Fatalf("scheduled %d times", len(d.Runs))
	}
	d.Run()
	s.Expect(t, "1", "more")
	if again.ranHere {
		t.Error("it ran inside itself")
	}
}

// posting posts one more for the first.
type posting struct {
	*mailboxtest.Script
	mailbox *plain
	posted  bool
	ranHere bool
}

func (p *posting) InvokeUserMessage(m any) {
	p.Script.InvokeUserMessage(m)
	if !p.posted {
		p.posted = true
		p.mailbox.Queue.Push("more")
		p.ranHere = p.mailbox.RunHere()
	}
}

// A panic goes to the supervisor with its message and its stack, and the mailbox goes on;
// one that is suspended handles system messages only.
func TestPanicAndSuspension(t *testing.T) {
	m, s, d := scripted()
	m.GiveBack()
	for _, each := range []any{"bad", "good"} {
		m.PostUserMessage(each)
	}
	d.Run()
	s.Expect(t, "bad", "good")
	if crash, ok := s.Escalated[0].(*Crash); !ok || crash.Reason != "bad" || len(crash.Stack) == 0 || s.Escalated[1] != "bad" {
		t.Errorf("escalated %v", s.Escalated)
	}
	m.PostSystemMessage(&actor.SuspendMailbox{})
	m.PostUserMessage("1")
	m.PostSystemMessage("system")
	d.Run()
	s.Expect(t, "system")
	if m.Undisturbed() {
		t.Error("it is suspended and says that it is not")
	}
	m.PostSystemMessage(&actor.ResumeMailbox{})
	d.Run()
	s.Expect(t, "1")
	m.Invoke("at once")
	s.Expect(t, "at once")
}

// A batch is its messages, and then itself, as protoactor has it.
func TestBatch(t *testing.T) {
	m, s, d := scripted()
	m.GiveBack()
	m.PostUserMessage(batch{"1", "2"})
	d.Run()
	s.Expect(t, "1", "2", "[1 2]")
}

type batch []any

func (b batch) GetMessages() []any { return b }

// A mailbox is found by its type, with its actor, as long as that lives.
func TestOf(t *testing.T) {
	system := quietSystem()
	d := &mailboxtest.ByHand{}
	pid := system.Root.Spawn(actor.PropsFromFunc(func(actor.Context) {}, actor.WithMailbox(newPlain), actor.WithDispatcher(d)))
	m, ok := Of[*plain](system, pid)
	if !ok || m.Actor() == nil || m.Context().Self().Id != pid.Id {
		t.Fatal("not found")
	}
	if _, ok := Of[*another](system, pid); ok {
		t.Error("found as what it is not")
	}
	if s := (&search{}); !m.Found(s) || s.found != Work(m) || m.Found("message") {
		t.Error("it does not know what it is asked")
	}
	if _, ok := Of[*plain](system, actor.NewPID(system.Address(), "nobody")); ok {
		t.Error("found what is not there")
	}
	if !m.PID().Equal(pid) {
		t.Error("another PID")
	}
	m.End(system, pid)
	if !m.PID().Equal(pid) {
		t.Error("another PID than before its end")
	}
	if m.Actor() != nil || m.Context() != nil {
		t.Error("it has ended and keeps its actor")
	}
	thing := &mailboxtest.Thing{}
	m.PostUserMessage(thing)
	m.Release()
	if d.Run(); !thing.Discarded {
		t.Error("what it owned is not let go of")
	}
}

// another is a mailbox of another type.
type another struct{ plain }

// The stack of producers against one consumer that comes and goes: nothing is lost.
func TestRunnerProducers(t *testing.T) {
	const producers, each = 8, 20_000
	m := newPlain().(*plain)
	done := make(chan struct{})
	m.RegisterHandlers(&counter{want: producers * each, done: done}, NewWorkers())
	m.Release()
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := range each {
				m.Queue.Push(n)
				if p%2 == 0 || !m.RunHere() {
					m.Wake()
				}
			}
		})
	}
	wg.Wait()
	<-done
}

// counter closes done after want messages; the mailbox alone calls it.
type counter struct {
	mailboxtest.Script
	got, want int
	done      chan struct{}
}

func (c *counter) InvokeUserMessage(any) {
	if c.got++; c.got == c.want {
		close(c.done)
	}
}
