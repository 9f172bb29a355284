package actors

import (
	"log/slog"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A socket that the tree's poller cannot take is read by a goroutine that waits, and by
// nobody else.
func TestReaderWithoutPoller(t *testing.T) {
	server, err := wstest.ListenTCP(wstest.Echo)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sup, err := supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })))
	if err != nil {
		t.Fatal(err)
	}
	defer sup.Stop(t.Context())
	p := transport.NewPoller()
	_ = p.Close()
	treeOf(sup.Tree(nil)).polling.Store(p)
	events := wstest.NewRecorder()
	conn, err := Connect(sup, server.URL(), WithHandler(events.Handler))
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	for range 100 {
		conn.link.Reset() // as the end of a pause does
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		wstest.Next[*messages.Received](t, events)
	}
}
