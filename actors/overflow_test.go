package actors_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// With DropOldest the newest wait for the socket, and the others are told of.
func TestDropOldest(t *testing.T) {
	inMemory(t, wstest.Drop, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var dropped []string
		stream := sup.System().EventStream
		subscription := stream.Subscribe(func(event any) {
			if e, ok := event.(*messages.RejectedEvent); ok && is[*messages.DroppedError](e.Err) {
				dropped = append(dropped, string(e.Message.(*messages.Send).Data))
			}
		})
		defer stream.Unsubscribe(subscription)
		conn, events := connect(t, sup, server, actors.WithQueue(3, 100), actors.WithOverflow(actors.DropOldest))
		wstest.Next[*messages.Opened](t, events)
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		server.Become(wstest.Echo)
		for i := range 10 {
			if err := conn.Send(messages.Text(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if n := conn.Queued(); n != 3 || fmt.Sprint(dropped) != "[0 1 2 3 4 5 6]" {
			t.Errorf("%d queued, %v dropped", n, dropped)
		}
		wstest.Next[*messages.Opened](t, events)
		for _, want := range []string{"7", "8", "9"} {
			if e := wstest.Next[*messages.Received](t, events); string(e.Data) != want {
				t.Errorf("got %s, want %s", wstest.Describe(e), want)
			}
		}
	})
}

// With CloseConnection the first message that does not fit is the end.
func TestCloseOnOverflow(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithQueue(3, 100), actors.WithOverflow(actors.CloseConnection))
		for range 3 {
			if err := conn.Send(messages.Text("x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.Send(messages.Text("x")); !is[*messages.QueueFullError](err) {
			t.Errorf("got %v", err)
		}
		if e := events.Last(t); e.Dropped != 3 {
			t.Errorf("%d dropped", e.Dropped)
		}
		gone(t, sup, conn, events)
	})
}
