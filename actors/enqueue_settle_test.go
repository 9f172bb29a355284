package actors

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// inBetween is a dispatcher that runs an actor while whoever has woken it stands still.
type inBetween struct{ first func() }

func (*inBetween) Throughput() int { return 300 }

func (d *inBetween) Schedule(run func()) {
	if first := d.first; first != nil {
		d.first = nil
		first()
	}
	done := make(chan struct{})
	go func() {
		run()
		close(done)
	}()
	<-done
}

// A flush that comes when a keyed message has woken the connection, and its sender has
// done nothing since, does not wait for that sender.
func TestFlushMeetsAKeyedMessage(t *testing.T) {
	sup, err := supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })))
	if err != nil {
		t.Fatal(err)
	}
	server, err := wstest.ListenTCP(func(c net.Conn) { // it says nothing
		if _, err := wstest.Upgrade(c); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{})
	conn, err := Connect(sup, server.URL(), WithoutHeartbeat(),
		WithCallbacks(Callbacks{OnOpen: func(*Conn, *messages.Opened) { close(opened) }}))
	if err != nil {
		t.Fatal(err)
	}
	for <-opened; !conn.mailbox.Take(); {
		runtime.Gosched() // it is about to be idle
	}
	f := &flushing{conn: conn, Flush: sendqueue.Flush{To: sendqueue.Addressee{Reply: make(chan any, 1)}}}
	conn.mailbox.SetDispatcher(&inBetween{first: func() { conn.mailbox.control.Push(f) }})
	if conn.mailbox.GiveBack() {
		t.Fatal("something was posted to an idle connection")
	}
	if err := conn.Enqueue(&messages.Enqueue{Send: messages.Text("x"), Key: "k"}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.To.Reply: // in the run, which is over
	default:
		t.Error("the flush waits for what nobody will tell")
	}
	if err := sup.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	server.Close()
}
