package actors

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/errs"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// noted is how a script notes what a connection is given.
func noted(message any) string {
	switch m := message.(type) {
	case *messages.Send:
		return string(m.Data)
	case string:
		return m
	default:
		return fmt.Sprintf("%T", m)
	}
}

// valve is a sink that can be shut.
type valve struct {
	shut    bool
	flushed int
}

func (v *valve) Ready() bool { return !v.shut }
func (v *valve) Flush()      { v.flushed++ }

func newTestMailbox() (*connMailbox, *mailboxtest.Script, *mailboxtest.ByHand) {
	config := defaultConfig(client)
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	c := &Conn{config: &config, tree: &tree{Contained: child.Contain(system), system: system}}
	c.mailbox = newMailbox().(*connMailbox)
	c.mailbox.init(c)
	c.mailbox.GiveBack()
	s, d := &mailboxtest.Script{Text: noted}, &mailboxtest.ByHand{}
	c.mailbox.RegisterHandlers(s, d)
	return c.mailbox, s, d
}

// Control goes ahead of a backlog of sends, and sends wait for a sink.
func TestMailboxLanes(t *testing.T) {
	m, s, d := newTestMailbox()
	m.PostUserMessage(messages.Text("1"))
	m.PostUserMessage(messages.Text("2"))
	m.PostUserMessage("control")
	d.Run()
	s.Expect(t, "control")
	if n := m.UserMessageCount(); n != 2 {
		t.Errorf("%d messages", n)
	}

	v := &valve{shut: true}
	m.sink = v
	m.PostUserMessage("control")
	d.Run()
	s.Expect(t, "control")

	v.shut, v.flushed = false, 0
	m.PostUserMessage("control")
	d.Run()
	s.Expect(t, "control", "1", "2")
	if v.flushed != 1 {
		t.Errorf("flushed %d times in a run", v.flushed)
	}
}

// A suspended mailbox handles system messages only.
func TestMailboxSuspended(t *testing.T) {
	m, s, d := newTestMailbox()
	m.sink = &valve{}
	m.PostSystemMessage(&actor.SuspendMailbox{})
	m.PostUserMessage("control")
	m.PostUserMessage(messages.Text("send"))
	m.PostSystemMessage("system")
	d.Run()
	s.Expect(t, "system")
	m.PostSystemMessage(&actor.ResumeMailbox{})
	d.Run()
	s.Expect(t, "control", "send")
}

// A restart comes after what was said before it.
func TestMailboxRestart(t *testing.T) {
	m, s, d := newTestMailbox()
	m.PostUserMessage("decision")
	m.PostSystemMessage(&actor.Restart{})
	d.Run()
	s.Expect(t, "decision", "*actor.Restart")
}

// A panic goes to the supervisor with its message, and the mailbox goes on.
func TestMailboxPanic(t *testing.T) {
	m, s, d := newTestMailbox()
	m.PostUserMessage("bad")
	m.PostUserMessage("good")
	d.Run()
	s.Expect(t, "bad", "good")
	if !slices.Equal(s.Escalated, []any{"bad", "bad"}) {
		t.Errorf("escalated %v", s.Escalated)
	}
}

// After the end nothing reaches the actor, and what owns something lets go of it.
func TestMailboxStop(t *testing.T) {
	m, s, d := newTestMailbox()
	m.sink = &valve{}
	before, after := &mailboxtest.Thing{}, &mailboxtest.Thing{}
	m.PostUserMessage(messages.Text("queued"))
	m.post(before)
	m.stop()
	d.Run()
	m.post(after)
	d.Run()
	s.Expect(t)
	if !before.Discarded || !after.Discarded {
		t.Error("not discarded")
	}
	if queued, _ := m.sends.Depth(); queued != 0 {
		t.Errorf("%d sends kept", queued)
	}
	if err := m.admit(messages.Text("late")); !errs.Is[*messages.ClosedError](err) {
		t.Errorf("got %v", err)
	}
}

// Whatever the interleaving, nothing posted is forgotten.
func TestMailboxProducers(t *testing.T) {
	const producers, each = 4, 5000
	m, _, _ := newTestMailbox()
	done := make(chan struct{})
	counter := &counting{want: 2 * producers * each, done: done}
	m.RegisterHandlers(counter, actor.NewDefaultDispatcher(10))
	m.sink = &valve{}
	var wg sync.WaitGroup
	for range producers {
		wg.Go(func() {
			for sent, posted := 0, 0; sent < each || posted < each; {
				if sent < each && m.admit(messages.Text("x")) == nil {
					sent++
				}
				if posted < each {
					m.post("control")
					posted++
				}
			}
		})
	}
	wg.Wait()
	<-done
}

// counting closes done after want messages; the mailbox alone calls it.
type counting struct {
	mailboxtest.Script
	got, want int
	done      chan struct{}
}

func (c *counting) InvokeUserMessage(any) {
	if c.got++; c.got == c.want {
		close(c.done)
	}
}

func BenchmarkMailboxControl(b *testing.B) {
	m, _, _ := newTestMailbox()
	done := make(chan struct{})
	m.RegisterHandlers(&counting{want: b.N, done: done}, actor.NewDefaultDispatcher(300))
	b.ReportAllocs()
	for range b.N {
		m.post("control")
	}
	<-done
}

// A sink that gets full in a run stops the sends, not the control messages.
func TestMailboxOutletGetsFull(t *testing.T) {
	m, s, d := newTestMailbox()
	room := &narrow{room: 1}
	m.sink = room
	m.PostUserMessage(messages.Text("1"))
	m.PostUserMessage(messages.Text("2"))
	m.RegisterHandlers(&filling{s, room}, d)
	d.Run()
	s.Expect(t, "1")
	m.PostUserMessage("control")
	d.Run()
	s.Expect(t, "control")
	room.room = 1
	m.Wake()
	d.Run()
	s.Expect(t, "2")
}

// narrow is a sink with room for so many.
type narrow struct{ room int }

func (n *narrow) Ready() bool { return n.room > 0 }
func (n *narrow) Flush()      {}

// filling uses up room with each send.
type filling struct {
	*mailboxtest.Script
	sink *narrow
}

func (f *filling) InvokeUserMessage(m any) {
	if _, ok := m.(*messages.Send); ok {
		f.sink.room--
	}
	f.Script.InvokeUserMessage(m)
}

// A mailbox that protoactor suspends because of a panic waits, and goes on once
// it is resumed.
func TestMailboxPanicThenResume(t *testing.T) {
	m, s, d := newTestMailbox()
	m.RegisterHandlers(&suspending{s, m}, d)
	m.PostUserMessage("bad")
	m.PostUserMessage("good")
	d.Run()
	s.Expect(t, "bad")
	m.PostSystemMessage(&actor.ResumeMailbox{})
	d.Run()
	s.Expect(t, "good")
}

// suspending suspends the mailbox on a failure, as protoactor does.
type suspending struct {
	*mailboxtest.Script
	mailbox *connMailbox
}

func (s *suspending) EscalateFailure(reason, message any) {
	s.mailbox.PostSystemMessage(&actor.SuspendMailbox{})
}

// A system message goes ahead of control, which goes ahead of sends.
func TestMailboxSystemFirst(t *testing.T) {
	m, s, d := newTestMailbox()
	m.sink = &valve{}
	m.PostUserMessage(messages.Text("send"))
	m.PostUserMessage("control")
	m.PostSystemMessage("system")
	d.Run()
	s.Expect(t, "system", "control", "send")
}

// Sends that were queued when the mailbox stopped are refused to whoever listens.
func TestMailboxStopRefusesTheQueue(t *testing.T) {
	m, _, d := newTestMailbox()
	var refused []string
	m.conn.tree.system.EventStream.Subscribe(func(event any) {
		if e, ok := event.(*messages.RejectedEvent); ok && errs.Is[*messages.ClosedError](e.Err) {
			refused = append(refused, string(e.Message.(*messages.Send).Data))
		}
	})
	m.PostUserMessage(messages.Text("1"))
	m.PostUserMessage(messages.Text("2"))
	m.stop()
	m.PostUserMessage(messages.Text("late"))
	d.Run()
	if len(refused) != 3 || refused[0] != "late" || refused[1] != "1" || refused[2] != "2" {
		t.Errorf("refused %v", refused)
	}
}

// Each producer's control messages and sends are handled in its order.
func TestMailboxKeepsOrder(t *testing.T) {
	const producers, each = 4, 3000
	m, _, _ := newTestMailbox()
	seen := &ordered{t: t, want: 2 * producers * each, done: make(chan struct{})}
	m.RegisterHandlers(seen, actor.NewDefaultDispatcher(10))
	m.sink = &valve{}
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := range each {
				m.post([2]int{p, n})
				for m.admit(numbered(p, n)) != nil {
					runtime.Gosched()
				}
			}
		})
	}
	wg.Wait()
	<-seen.done
}

// ordered checks the numbers of both lanes; the mailbox alone calls it.
type ordered struct {
	mailboxtest.Script
	t             *testing.T
	sends, others [4]int
	got, want     int
	done          chan struct{}
}

func (o *ordered) InvokeUserMessage(message any) {
	next, p, n := &o.sends, 0, 0
	if m, ok := message.([2]int); ok {
		next, p, n = &o.others, m[0], m[1]
	} else {
		p, n = numbersOf(message)
	}
	if n != next[p] {
		o.t.Errorf("producer %d: got %d, want %d", p, n, next[p])
	}
	next[p] = n + 1
	if o.got++; o.got == o.want {
		close(o.done)
	}
}

func numbered(producer, number int) *messages.Send {
	return messages.Binary([]byte{byte(producer), byte(number), byte(number >> 8), byte(number >> 16)})
}

func numbersOf(m any) (producer, number int) {
	d := m.(*messages.Send).Data
	return int(d[0]), int(d[1]) | int(d[2])<<8 | int(d[3])<<16
}
