package actors_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// feed is a peer of messages that come soon one after the other, and a handler that
// sometimes blocks, until its connection has been let go of: it asks for what the
// peer reads while it does.
type feed struct {
	*scripted
	depth   chan int      // of the stack on which the handler ran
	blocked chan struct{} // one for each message that is to go on
}

func newFeed() *feed {
	return &feed{scripted: newScripted(), depth: make(chan int), blocked: make(chan struct{})}
}

// Receive implements actor.Actor.
func (f *feed) Receive(ctx actor.Context) {
	m, ok := ctx.Message().(*messages.Received)
	if !ok {
		return
	}
	if string(m.Data) == "block" {
		ctx.Send(m.Conn, messages.Text("blocks"))
		<-f.blocked
	}
	f.depth <- runtime.Callers(0, make([]uintptr, 1<<16))
}

// run connects to the peer, of which the test sends what it wants.
func (f *feed) run(t *testing.T, test func(send func(frame []byte))) {
	onLoopback(t, f.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		connectTo(t, sup, server, actors.WithoutHeartbeat(), actors.WithCloseTimeout(time.Millisecond),
			actors.WithHandler(func() actor.Actor { return f }))
		peer := <-f.conns
		test(func(frame []byte) { write(t, peer, frame) })
	})
}

// quick has the handler run until the socket is a busy one.
func (f *feed) quick(send func(frame []byte)) (depth int) {
	for range 8 {
		send(wstest.Frame(0x81, []byte("quick")))
		depth = <-f.depth
	}
	return depth
}

// A feed whose handler is let go of at every few messages has a stack of constant
// depth, however long it lasts: a stack that overflows ends the process.
func TestStackDoesNotGrowWithTheFeed(t *testing.T) {
	f := newFeed()
	f.run(t, func(send func([]byte)) {
		const rounds, slack = 60, 30 // between one that stays and one that does not
		shallow := f.quick(send)
		for round := range rounds {
			send(wstest.Frame(0x81, []byte("block")))
			<-f.read // written though the handler blocks: its connection was released
			f.blocked <- struct{}{}
			<-f.depth
			if depth := f.quick(send); depth > shallow+slack {
				t.Fatalf("%d frames after %d rounds, %d before", depth, round+1, shallow)
			}
		}
	})
}

// While the goroutine that stayed at a socket is in a handler that blocks, no other
// stays there: two would take turns at one deadline, and one of them park for ever.
func TestOneStaysAtASocket(t *testing.T) {
	f := newFeed()
	f.run(t, func(send func([]byte)) {
		for goroutines("(*Reader).runBusy") == 0 {
			f.quick(send)
		}
		send(wstest.Frame(0x81, []byte("block")))
		<-f.read
		for range 20 {
			send(wstest.Frame(0x89, nil))
			<-f.read // the pong
		}
		n := goroutines("(*Reader).runBusy")
		f.blocked <- struct{}{}
		<-f.depth
		if n > 1 {
			t.Fatalf("%d goroutines stay at one socket", n)
		}
		for goroutines("(*Reader).runBusy") > 0 {
			runtime.Gosched()
		}
		f.quick(send) // nobody is deaf
	})
}
