package actors_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// gone checks that a closed connection is over: refusing, unregistered, silent.
func gone(t *testing.T, sup *supervisor.Supervisor, conn *actors.Conn, events *wstest.Recorder) {
	t.Helper()
	synctest.Wait()
	if state := conn.ReadyState(); state != messages.StateClosed {
		t.Errorf("state %v", state)
	}
	if err := conn.Send(messages.Text("x")); !is[*messages.ClosedError](err) {
		t.Errorf("a send after close: %v", err)
	}
	if err := conn.Close(messages.CloseNormal, ""); err != nil {
		t.Errorf("a second close: %v", err)
	}
	if n := sup.Running(); n != 0 {
		t.Errorf("%d connections left", n)
	}
	pass(time.Hour)
	events.None(t)
}

// Close is a handshake: what was queued before it is written, then the close
// frame, and the peer's is awaited. What is sent after it is refused.
func TestCloseWritesTheQueueFirst(t *testing.T) {
	read, code := make(chan string, 100), make(chan error, 1)
	peer := wstest.WebSocket(func(ws *websocket.Conn) {
		for {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				code <- err
				return
			}
			read <- string(data)
		}
	})
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		for _, text := range []string{"a", "b", "c"} {
			if err := conn.Send(messages.Text(text)); err != nil {
				t.Fatal(err)
			}
		}
		wstest.Next[*messages.Opened](t, events)
		_ = conn.Send(messages.Text("d"))
		_ = conn.Close(messages.CloseServiceRestart, "later")
		if state := conn.ReadyState(); state != messages.StateClosing {
			t.Errorf("state %v right after close", state)
		}
		if err := conn.Send(messages.Text("e")); !is[*messages.ClosedError](err) {
			t.Errorf("a send after close: %v", err)
		}
		e := events.Last(t)
		if !e.Clean || e.Code != messages.CloseServiceRestart || e.Written != 4 || e.Dropped != 0 {
			t.Errorf("got %s, %d written, %d dropped", wstest.Describe(e), e.Written, e.Dropped)
		}
		for _, want := range []string{"a", "b", "c", "d"} {
			if got := <-read; got != want {
				t.Errorf("peer read %s, want %s", got, want)
			}
		}
		var closed websocket.CloseError
		if err := <-code; !errors.As(err, &closed) || closed.Code != 1012 || closed.Reason != "later" {
			t.Errorf("peer got %v", err)
		}
		gone(t, sup, conn, events)
	})
}

// A close while dialling ends at once; what is queued is counted as dropped.
func TestCloseWhileDialling(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		_ = conn.Send(messages.Text("never"))
		synctest.Wait()
		began := time.Now()
		e := closeAndWait(t, conn, events)
		if e.Epoch != 1 || e.Clean || e.Code != messages.CloseNormal || e.Dropped != 1 || time.Since(began) != 0 {
			t.Errorf("got %s, %d dropped", wstest.Describe(e), e.Dropped)
		}
		gone(t, sup, conn, events)
	})
}

// A close while waiting to reconnect ends at once, as an epoch of its own: the
// one before has had its Closed.
func TestCloseWhileDown(t *testing.T) {
	inMemory(t, wstest.Drop, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		_ = conn.Send(messages.Text("never"))
		if e := closeAndWait(t, conn, events); e.Epoch != 2 || e.Clean || e.Dropped != 1 || e.Written != 0 {
			t.Errorf("got %s, %d dropped", wstest.Describe(e), e.Dropped)
		}
		gone(t, sup, conn, events)
		if n := server.Accepted(); n != 1 {
			t.Errorf("%d dials", n)
		}
	})
}

// A peer that does not answer the close frame is given its time, to the moment.
func TestCloseTimeout(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		began := time.Now()
		e := closeAndWait(t, conn, events)
		if took := time.Since(began); e.Clean || e.Code != messages.CloseNormal || took != actors.DefaultCloseTimeout {
			t.Errorf("got %s after %v", wstest.Describe(e), took)
		}
		gone(t, sup, conn, events)
	})
}

// A peer that does not even read keeps a close waiting no longer, and what it
// did not take is counted.
func TestCloseOfDeafPeer(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		release := make(chan struct{})
		defer close(release)
		server.Become(wstest.Deaf(release))
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		for range 10 {
			_ = conn.Send(messages.Text("x"))
			synctest.Wait() // so that they are not written together
		}
		began := time.Now()
		e := closeAndWait(t, conn, events)
		if took := time.Since(began); e.Clean || took != actors.DefaultCloseTimeout {
			t.Errorf("got %s after %v", wstest.Describe(e), took)
		}
		if e.Written+uint64(e.Dropped) != 10 || e.Dropped == 0 {
			t.Errorf("%d written, %d dropped of 10", e.Written, e.Dropped)
		}
		gone(t, sup, conn, events)
	})
}

// Both sides may close at the same time: that is clean.
func TestCloseMeetsThePeersClose(t *testing.T) {
	both := make(chan struct{})
	peer := wstest.WebSocket(func(ws *websocket.Conn) {
		<-both
		_ = ws.Close(4000, "mine")
	})
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		close(both)
		if e := closeAndWait(t, conn, events); !e.Clean || e.WillRetry {
			t.Errorf("got %s", wstest.Describe(e))
		}
		gone(t, sup, conn, events)
	})
}

// A close that comes between the failure and the supervisor's decision, or while
// the socket breaks, is still the user's: there is exactly one last Closed.
func TestCloseWhileFailing(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		for range 100 {
			conn, events := connect(t, sup, server)
			wstest.Next[*messages.Opened](t, events)
			go server.Cut()
			closeAndWait(t, conn, events)
			synctest.Wait()
			events.None(t)
		}
	})
}

// Stopping the tree closes everything with 1001, whatever it was doing.
func TestStopClosesEverything(t *testing.T) {
	codes := make(chan websocket.StatusCode, 10)
	peer := wstest.WebSocket(func(ws *websocket.Conn) {
		_, _, err := ws.Read(context.Background())
		codes <- websocket.CloseStatus(err)
	})
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		server, frozen, drops := wstest.Listen(peer), wstest.Listen(wstest.Frozen), wstest.Listen(wstest.Drop)
		sup := start(t)
		_, open := connect(t, sup, server)
		_, dialling := connect(t, sup, frozen)
		_, down := connect(t, sup, drops)
		synctest.Wait()
		began := time.Now()
		if err := sup.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
		if code := <-codes; code != websocket.StatusGoingAway {
			t.Errorf("peer got %v", code)
		}
		if e := open.Last(t); !e.Clean || e.Code != messages.CloseGoingAway {
			t.Errorf("got %s", wstest.Describe(e))
		}
		dialling.Last(t)
		down.Last(t)
		if _, err := actors.Connect(sup, server.URL(), actors.WithHandler(open.Handler)); !is[*supervisor.StoppedError](err) {
			t.Errorf("connect after stop: %v", err)
		}
		for _, s := range []*wstest.Server{server, frozen, drops} {
			s.Close()
		}
	})
}

// The wait is bounded: what has not closed by then is cut off and counted.
func TestStopIsBounded(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		err := sup.Stop(ctx)
		var stop *supervisor.StopError
		if !errors.As(err, &stop) || stop.Forced != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		if e := events.Last(t); e.Clean {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// Whoever stops the PID cuts it off: the socket is closed, the handler hears the
// last Closed and stops.
func TestStopOfThePID(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		sup.System().Root.Stop(conn.PID())
		if e := wstest.Next[*messages.Closed](t, events); e.Clean || e.WillRetry || e.Code != messages.CloseGoingAway {
			t.Errorf("got %s", wstest.Describe(e))
		}
		gone(t, sup, conn, events)
	})
}

// A stop of a PID that is dialling leaves no socket behind.
func TestStopOfThePIDWhileDialling(t *testing.T) {
	accepted := make(chan net.Conn, 1)
	inMemory(t, func(conn net.Conn) { accepted <- conn; wstest.Mute(conn) },
		func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			for range 50 {
				conn, events := connect(t, sup, server)
				<-accepted
				go sup.System().Root.Stop(conn.PID())
				events.Last(t)
				synctest.Wait()
			}
		})
}

// A close may meet the restart that is already under way: it still ends once,
// and no socket is opened for nobody.
func TestCloseMeetsRestart(t *testing.T) {
	inMemory(t, wstest.Drop, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		for i := range 500 {
			conn, events := connect(t, sup, server, actors.WithPolicy(supervisor.Fixed(time.Nanosecond)))
			wstest.Next[*messages.Opened](t, events)
			wstest.Next[*messages.Failed](t, events)
			wstest.Next[*messages.Closed](t, events)
			if i%2 == 0 {
				pass(time.Nanosecond)
			}
			closeAndWait(t, conn, events)
			synctest.Wait()
			events.None(t)
			if state, n := conn.ReadyState(), sup.Running(); state != messages.StateClosed || n != 0 {
				t.Fatalf("state %v, %d running", state, n)
			}
		}
	})
}

// A ping that crosses the close frame is not answered, and does not keep the
// peer's close frame from being read.
func TestPingCrossesClose(t *testing.T) {
	peer := func(conn net.Conn) {
		reader, err := wstest.Upgrade(conn)
		if err != nil {
			return
		}
		_, _ = reader.ReadByte() // the close frame
		_, _ = conn.Write(wstest.Frame(0x89, []byte("hm?")))
		_, _ = conn.Write(wstest.Frame(0x88, []byte{0x03, 0xe8}))
		_, _ = io.Copy(io.Discard, reader)
	}
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		if e := closeAndWait(t, conn, events); !e.Clean || e.Code != messages.CloseNormal {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}
