package actors_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// What a connection, a tree or groups refuse, and that has no sender, is in the log with
// their name and the type of the message, and without what is in it.
func TestRejectedIsLogged(t *testing.T) {
	logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		conn, _ := connect(t, sup, server, actors.WithQueue(1, 100))
		groups := actors.StartGroups(sup.System())
		defer sup.System().Root.Stop(groups)
		if err := conn.Send(messages.Text("fills the queue")); err != nil {
			t.Fatal(err)
		}
		to := []struct {
			pid     *actor.PID
			message any
			reason  string
		}{
			{conn.PID(), messages.Send{Type: messages.TypeText, Data: []byte("secret")}, "messages.Send"},
			{conn.PID(), "secret", "string"},
			{conn.PID(), messages.Text("secret"), "queue full"},
			{conn.PID(), messages.Text("\xffsecret"), "not valid UTF-8"},
			{conn.PID(), &messages.Enqueue{Send: messages.Text("secret"), Receipt: true}, "queue full"},
			{conn.PID(), &messages.Enqueue{}, "must not be nil"},
			{conn.PID(), &messages.Close{Code: 1}, "may not be sent"},
			{conn.PID(), (*messages.Send)(nil), "must not be nil"},
			{conn.PID(), (*messages.Enqueue)(nil), "must not be nil"},
			{conn.PID(), &messages.Ask{ID: "1", Send: messages.Text("secret")}, "must be requested"},
			{conn.PID(), (*messages.Ask)(nil), "must be requested"},
			{conn.PID(), (*messages.SendValue)(nil), "must not be nil"},
			{conn.PID(), (*messages.Close)(nil), "must not be nil"},
			{sup.PID(), (*messages.Drain)(nil), "must not be nil"},
			{groups, (*messages.Broadcast)(nil), "must not be nil"},
			{sup.PID(), messages.Drain{}, "messages.Drain"},
			{sup.PID(), &messages.Drain{Code: 1}, "may not be sent"},
			{groups, messages.Join{Group: "secret"}, "messages.Join"},
			{groups, &messages.Join{Group: "secret"}, "must not be nil"},
		}
		for i, m := range to {
			before := len(log.with(slog.LevelWarn))
			sup.System().Root.Send(m.pid, m.message)
			synctest.Wait()
			name, found := m.pid.Id, log.with(slog.LevelWarn)
			if len(found) != before+1 || !strings.Contains(found[before], name) || !strings.Contains(found[before], m.reason) ||
				!strings.Contains(found[before], fmt.Sprintf("%T", m.message)) {
				t.Errorf("%d: got %q", i, found[before:])
			}
			pass(2 * time.Second)
		}
		if strings.Contains(log.String(), "secret") || len(log.with(slog.LevelWarn, "host=memory.test")) != 13 {
			t.Errorf("the log:\n%s", log)
		}
	})
}

// What a Close finds in the queue of a connection without a socket is refused: however it
// was sent, there is a line for each, or an answer.
func TestDroppedByCloseIsLogged(t *testing.T) {
	logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		conn, events := connect(t, sup, server)
		root, text := sup.System().Root, messages.Text("secret")
		if err := conn.Send(text); err != nil {
			t.Fatal(err)
		}
		for _, message := range []any{
			text, &messages.Enqueue{Send: text}, &messages.Enqueue{Send: text, Urgent: true}, &messages.Enqueue{Send: text, Receipt: true},
		} {
			root.Send(conn.PID(), message)
		}
		answers := root.RequestFuture(conn.PID(), &messages.Enqueue{Send: text, Receipt: true}, time.Minute)
		synctest.Wait()
		if err := conn.Close(4000, "changed my mind"); err != nil {
			t.Fatal(err)
		}
		if e := events.Last(t); e.Dropped != 6 || e.Code != 4000 || e.Reason != "" || e.Cause != messages.CauseAsked {
			t.Errorf("got %s, %+v", wstest.Describe(e), e)
		}
		synctest.Wait()
		all := log.with(slog.LevelWarn, "conn="+conn.PID().Id, "host=memory.test", (&messages.ClosedError{}).Error())
		if len(all) != 5 || len(log.with(slog.LevelWarn, "*messages.Enqueue")) != 3 || strings.Contains(log.String(), "secret") {
			t.Errorf("the log:\n%s", log)
		}
		if answer, err := answers.Result(); err != nil || as[*messages.ClosedError](t, answer.(*messages.Dropped).Err) == nil {
			t.Errorf("got %v, %v", answer, err)
		}
	})
}

// A tree that stops says how many it has not logged: there may be no later.
func TestRejectedAreCountedAtTheEnd(t *testing.T) {
	logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		conn, _ := connect(t, sup, server)
		for range 20 {
			if err := conn.Send(messages.Text("never")); err != nil {
				t.Fatal(err)
			}
		}
		stopInTime(t, sup)
		if all := log.with(slog.LevelWarn); len(all) != 6 || !strings.Contains(all[5], "count=15") {
			t.Errorf("the log:\n%s", log)
		}
	})
}

// Many are counted, and the count is in the log, also if no more follow.
func TestRejectedIsLoggedSeldom(t *testing.T) {
	logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		conn, _ := connect(t, sup, server)
		for range 1000 {
			sup.System().Root.Send(conn.PID(), "no use")
		}
		synctest.Wait()
		if n := len(log.with(slog.LevelWarn, "string")); n != 5 {
			t.Errorf("%d lines", n)
		}
		pass(time.Minute)
		if found := log.with(slog.LevelWarn); len(found) != 6 || !strings.Contains(found[5], "count=995") {
			t.Errorf("got %q", found)
		}
		sup.System().Root.Send(conn.PID(), "one more")
		synctest.Wait()
		if n := len(log.with(slog.LevelWarn, "string")); n != 6 {
			t.Errorf("%d lines", n)
		}
	})
}

// Who sends with a sender is answered, and a subscriber to the EventStream may take care of
// the rest.
func TestRejectedIsNotLogged(t *testing.T) {
	logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		conn, _ := connect(t, sup, server)
		if err := conn.Send(messages.Text("\xff")); err == nil {
			t.Error("no error")
		}
		answer, err := sup.System().Root.RequestFuture(conn.PID(), "no use", time.Second).Result()
		if _, ok := answer.(*messages.Rejected); !ok {
			t.Errorf("got %T, %v", answer, err)
		}
		answer, err = sup.System().Root.RequestFuture(sup.PID(), "no use", time.Second).Result()
		if _, ok := answer.(*messages.Rejected); !ok {
			t.Errorf("got %T, %v", answer, err)
		}
		var heard atomic.Int64
		subscribe := func(f func(event any)) {
			stream := sup.System().EventStream
			subscription := stream.Subscribe(f)
			t.Cleanup(func() { stream.Unsubscribe(subscription) })
		}
		refuse := func() {
			sup.System().Root.Send(conn.PID(), "no use")
			sup.System().Root.Send(conn.PID(), &messages.Enqueue{Send: messages.Text("\xff"), Receipt: true})
			synctest.Wait()
		}
		subscribe(func(event any) {
			switch e := event.(type) {
			case *messages.RejectedEvent:
				heard.Add(1)
				e.Heard()
			case *messages.ReceiptEvent:
				heard.Add(1)
				e.Heard()
			}
		})
		subscribe(func(any) {})
		refuse()
		if found := log.with(slog.LevelWarn); heard.Load() != 2 || len(found) != 0 {
			t.Errorf("heard %d, logged %q", heard.Load(), found)
		}
	})
}

// That somebody has subscribed to something else, such as dead letters, is no reason to
// keep what is refused from the log.
func TestRejectedIsLoggedThoughSomebodyListens(t *testing.T) {
	logged(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		stream := sup.System().EventStream
		defer stream.Unsubscribe(stream.Subscribe(func(any) {}))
		conn, _ := connect(t, sup, server)
		sup.System().Root.Send(conn.PID(), "no use")
		sup.System().Root.Send(conn.PID(), &messages.Enqueue{Send: messages.Text("\xff"), Receipt: true})
		synctest.Wait()
		if found := log.with(slog.LevelWarn, "message refused"); len(found) != 2 {
			t.Errorf("the log:\n%s", log)
		}
	})
}

// A rotation that finds no fresh socket is no failure, and in the log all the same.
func TestRotationThatFailsIsLogged(t *testing.T) {
	logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		server.Become(wstest.Status(503, nil))
		conn.Rotate()
		pass(time.Second)
		if found := log.with(slog.LevelWarn, "no fresh socket", "conn="+conn.PID().Id, "503"); len(found) != 1 {
			t.Errorf("the log:\n%s", log)
		}
		speaks(t, conn, events)
		closeAndWait(t, conn, events)
	})
}
