package actors

import (
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A Conn that is kept when its connection is over, as by protoactor's set of children,
// keeps nothing that the connection had.
func TestAConnThatIsOverKeepsNothing(t *testing.T) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := supervisor.Start(system)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // which accepts nobody
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	over := make(chan struct{})
	conn, err := Connect(sup, "ws://"+l.Addr().String(), WithResend(), WithCallbacks(Callbacks{
		OnClose: func(_ *Conn, e *messages.Closed) {
			if !e.WillRetry {
				close(over)
			}
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		_ = conn.Send(messages.Binary(make([]byte, 1000)))
		_ = conn.Enqueue(&messages.Enqueue{Send: messages.Text("x"), Key: string(rune('a' + i)), Receipt: true})
		_ = conn.Enqueue(&messages.Enqueue{Send: messages.Text("x"), Urgent: true, TTL: time.Hour})
	}
	conn.mailbox.post(&flushing{conn: conn})
	if err := conn.Close(0, ""); err != nil {
		t.Fatal(err)
	}
	<-over
	if err := sup.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := conn.mailbox
	if m.sends.Holds() || !m.control.Empty() {
		t.Error("what was queued is there")
	}
	if conn.kept.inFlight != nil || conn.kept.ready != nil || conn.kept.handler != (handler{}) || conn.awaited.Any() {
		t.Errorf("there are %v, %v, %v", conn.kept.inFlight, conn.kept.ready, conn.kept.handler)
	}
	if conn.link.Attached() || m.sink != nil || m.direct != nil {
		t.Error("the socket is there")
	}
	if queued := conn.Queued(); queued != 0 {
		t.Errorf("%d queued", queued)
	}
}
