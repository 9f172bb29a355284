package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A drain spreads the closes over its time, says its code, refuses newcomers, and
// answers with how it went.
func TestDrainIsPaced(t *testing.T) {
	const connections, over = 200, 10 * time.Second
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		tree := start(t, supervisor.WithShards(4))
		server.Become(wstest.HTTP(actors.Accept(tree, actors.WithHandler(echoes))))
		closed := make(chan time.Time, connections)
		options := actors.WithCallbacks(actors.Callbacks{OnClose: func(c *actors.Conn, e *messages.Closed) {
			if e.Epoch > 1 {
				return
			}
			if e.Code != messages.CloseServiceRestart || !e.Clean {
				t.Errorf("got %s", wstest.Describe(e))
			}
			closed <- time.Now()
		}})
		policy := actors.WithPolicy(supervisor.Fixed(time.Hour))
		for range connections {
			connectTo(t, clients, server, options, policy)
		}
		synctest.Wait()
		began := time.Now()
		result, err := tree.Drain(t.Context(), messages.Drain{Code: messages.CloseServiceRestart, Over: over})
		if err != nil || result != (messages.Drained{Clean: connections}) {
			t.Errorf("got %+v, %v", result, err)
		}
		if took := time.Since(began); took > over || took < over-time.Second {
			t.Errorf("took %v", took)
		}
		synctest.Wait()
		perSecond := make(map[int]int)
		for range connections {
			perSecond[int((<-closed).Sub(began)/time.Second)]++
		}
		for second, n := range perSecond {
			if n > 2*connections/int(over/time.Second) {
				t.Errorf("%d closed in second %d", n, second)
			}
		}
		if len(perSecond) < int(over/time.Second) {
			t.Errorf("closed in %d of %v", len(perSecond), over)
		}
	})
}

// As a message: the answer comes when all is over. What a peer did not take by
// the timeout is counted as undelivered, and its connection as forced.
func TestDrainAsMessage(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		release := make(chan struct{})
		deaf := wstest.Listen(wstest.Deaf(release))
		defer deaf.Close()
		defer close(release)
		tree := start(t)
		server.Become(wstest.Echo)
		_, good := connect(t, tree, server)
		wstest.Next[*messages.Opened](t, good)
		bad, events := connect(t, tree, deaf, actors.WithCloseTimeout(time.Hour), actors.WithWriteTimeout(time.Hour),
			actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		for range 3 { // one is handed to the socket, two wait
			_ = bad.Send(messages.Text("x"))
			synctest.Wait()
		}
		answers := make(chan *messages.Drained, 2)
		asker := tree.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			if m, ok := ctx.Message().(*messages.Drained); ok {
				answers <- m
			}
		}))
		ask := func(m *messages.Drain) { tree.System().Root.RequestWithCustomSender(tree.PID(), m, asker) }
		ask(&messages.Drain{Code: 1005})
		if m := <-answers; !is[*messages.CloseCodeError](m.Err) || tree.Stopping() {
			t.Errorf("got %+v", m)
		}
		began := time.Now()
		ask(&messages.Drain{Timeout: time.Minute})
		if m := <-answers; *m != (messages.Drained{Clean: 1, Forced: 1, Undelivered: 2}) || time.Since(began) != time.Minute {
			t.Errorf("got %+v after %v", m, time.Since(began))
		}
		tree.System().Root.Stop(asker)
	})
}

// While a drain goes on nobody joins, and who was there before is served until its turn.
func TestDrainServesUntilItsTurn(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, clients *supervisor.Supervisor, server *wstest.Server) {
		tree := start(t, supervisor.WithShards(1))
		server.Become(wstest.HTTP(actors.Accept(tree, actors.WithHandler(echoes))))
		conn, events := connect(t, clients, server)
		wstest.Next[*messages.Opened](t, events)
		refused := wstest.Listen(wstest.Status(503, nil)) // to be down is to have nothing to close
		defer refused.Close()
		_, down := connect(t, tree, refused, actors.WithPolicy(supervisor.Fixed(time.Hour)))
		wstest.Next[*messages.Failed](t, down)
		synctest.Wait() // the server has it too
		drained := make(chan messages.Drained, 1)
		go func() {
			result, err := tree.Drain(t.Context(), messages.Drain{Over: time.Hour})
			if err != nil {
				t.Error(err)
			}
			drained <- result
		}()
		pass(time.Minute)
		if _, err := actors.Connect(tree, server.URL(), actors.WithHandler(echoes)); !is[*supervisor.StoppedError](err) {
			t.Errorf("a client joins: %v", err)
		}
		_, late := connect(t, clients, server, actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
		if e := wstest.Next[*messages.Failed](t, late); !handshakeStatus(503)(e.Err) {
			t.Errorf("a server's joins: %v", e.Err)
		}
		_ = conn.Send(messages.Text("still there"))
		if m := wstest.Next[*messages.Received](t, events); string(m.Data) != "still there" {
			t.Errorf("got %q", m.Data)
		}
		if result := <-drained; result != (messages.Drained{Clean: 2}) {
			t.Errorf("got %+v", result)
		}
		closeAndWait(t, conn, events)
	})
}
