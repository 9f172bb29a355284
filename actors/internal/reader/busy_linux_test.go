package reader

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/sockvisor/sockvisor/messages"
)

// echoing begins a trial whose handler has the owner write what it gets.
func echoing(t *testing.T, handle func(string)) *trial {
	var tr *trial
	ready := make(chan struct{})
	tr = try(t, setup{handle: func(m any) {
		if m, ok := m.(*messages.Received); ok {
			<-ready
			handle(string(m.Data))
			tr.write(m.Data)
		}
	}})
	close(ready)
	return tr
}

// A goroutine stays at a busy socket, and one message after the other goes all the way on
// it; when it has to leave, the poller takes over.
func TestBusy(t *testing.T) {
	tr := echoing(t, func(string) {})
	echo := func(text string) {
		t.Helper()
		if tr.say(text); tr.heard() != text {
			t.Error("another echo")
		}
	}
	for n := 0; n < 100 || !tr.reader.lease.valid(); n++ {
		echo(fmt.Sprint(n))
	}
	tr.reader.leaveToPoller()
	echo("of the poller")
	for tr.reader.lease.state.Load() != leaseFree {
		runtime.Gosched()
	}
	for n := 0; n < 100 || !tr.reader.lease.valid(); n++ {
		echo(fmt.Sprint(n))
	}
	_ = tr.peer.Close(messages.CloseNormal, "")
	<-tr.owner.ended
	if tr.reader.lease.take() {
		t.Error("a goroutine may stay where reading has ended")
	}
}

// A message that is not there as a whole has who stays at the socket leave it to the
// goroutine that waits for the rest.
func TestLargeMessageOnABusySocket(t *testing.T) {
	tr := echoing(t, func(string) {})
	for n := 0; n < 100 || !tr.reader.lease.valid(); n++ {
		if tr.say("x"); tr.heard() != "x" {
			t.Fatal("another echo")
		}
	}
	large := string(make([]byte, 500_000))
	for range 3 {
		if tr.say(large); tr.heard() != large {
			t.Error("another echo")
		}
	}
}

// A handler that blocks holds up nobody but itself: its connection goes on without it, and
// its socket is read.
func TestHandlerThatBlocks(t *testing.T) {
	blocked, goOn := make(chan struct{}), make(chan struct{})
	tr := echoing(t, func(text string) {
		if text == "block" {
			close(blocked)
			<-goOn
		}
	})
	for n := 0; n < 100 || !tr.reader.lease.valid(); n++ {
		if tr.say("x"); tr.heard() != "x" {
			t.Fatal("another echo")
		}
	}
	tr.say("block")
	<-blocked
	tr.write([]byte("meanwhile"))
	if got := tr.heard(); got != "meanwhile" {
		t.Errorf("heard %q", got)
	}
	received := tr.reader.ws.Socket.Received()
	tr.say("read")
	for tr.reader.ws.Socket.Received() == received {
		runtime.Gosched()
	}
	close(goOn)
	if got := tr.heard(); got != "block" {
		t.Errorf("heard %q", got)
	}
	if got := tr.heard(); got != "read" {
		t.Errorf("heard %q", got)
	}
}

// Where all slots are held, by handlers that block, the handler runs elsewhere.
func TestNoSlotIsFree(t *testing.T) {
	tr := echoing(t, func(string) {})
	tr.readers.handoffs.watching.Store(true) // by hand
	for {
		if s, _ := tr.readers.handoffs.hold(tr.reader); s == nil {
			break
		}
	}
	for n := range 10 {
		if tr.say(fmt.Sprint(n)); tr.heard() != fmt.Sprint(n) {
			t.Error("another echo")
		}
	}
}

// A connection that runs already is not handed off: its handler is woken.
func TestHandOffOfAConnectionThatRuns(t *testing.T) {
	tr := try(t, setup{})
	for !tr.owner.box.Take() {
		runtime.Gosched()
	}
	tr.say("x")
	if got := tr.next(); got != "x" {
		t.Errorf("got %q", got)
	}
	tr.owner.box.Release()
}

// The watch ends when there is nothing to see, or with its tree.
func TestWatchEnds(t *testing.T) {
	h := newHandoffs(1)
	h.startWatch()
	for h.watching.Load() {
		runtime.Gosched()
	}
	closed := newHandoffs(1)
	closed.startWatch()
	closed.startWatch() // is one
	closed.close()
	for closed.watching.Load() {
		runtime.Gosched()
	}
}
