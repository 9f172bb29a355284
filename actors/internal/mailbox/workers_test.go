package mailbox

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
)

// Workers run mailboxes, are used again, and end when they are closed.
func TestWorkers(t *testing.T) {
	w := NewWorkers()
	ran := make(chan struct{})
	for range 3 * parking {
		m := newPlain().(*plain)
		m.RegisterHandlers(&telling{ran: ran}, w)
		m.PostUserMessage(1)
		m.Release()
	}
	for range 3 * parking {
		<-ran
	}
	w.Schedule(func() { ran <- struct{}{} }) // of a mailbox that is none of ours
	<-ran
	w.Close()
	if n := w.parked.Load(); n != 0 {
		t.Errorf("%d are parked", n)
	}
	if w.Throughput() != throughput {
		t.Error("throughput")
	}
}

type telling struct {
	mailboxtest.Script
	ran chan struct{}
}

func (r *telling) InvokeUserMessage(any) { r.ran <- struct{}{} }

// A mailbox runs where it is told to, and says where that is.
func TestSetDispatcher(t *testing.T) {
	m, s, d := scripted()
	if m.Dispatcher() != actor.Dispatcher(d) {
		t.Error("another dispatcher")
	}
	w := NewWorkers()
	defer w.Close()
	if m.SetDispatcher(w); m.Dispatcher() != actor.Dispatcher(w) {
		t.Error("another dispatcher than was set")
	}
	again := &mailboxtest.ByHand{}
	m.SetDispatcher(again)
	m.PostUserMessage("1")
	m.Release()
	again.Run()
	s.Expect(t, "1")
}
