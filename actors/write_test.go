package actors_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// inspect asks a connection how it is.
func inspect(t *testing.T, sup *supervisor.Supervisor, conn *actors.Conn) *messages.Inspected {
	t.Helper()
	answers := make(chan *messages.Inspected, 1)
	asker := sup.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.Inspected); ok {
			answers <- m
		}
	}))
	defer sup.System().Root.Stop(asker)
	sup.System().Root.RequestWithCustomSender(conn.PID(), &messages.Inspect{}, asker)
	select {
	case m := <-answers:
		return m
	case <-time.After(time.Minute):
		t.Fatal("no answer: something blocks in Receive")
		return nil
	}
}

// A peer that does not read blocks nobody: the connection answers, its queue
// fills and refuses, and after the write timeout the socket has failed.
func TestPeerThatDoesNotReadBlocksNobody(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		release := make(chan struct{})
		defer close(release)
		server.Become(wstest.Deaf(release))
		conn, events := connect(t, sup, server, actors.WithQueue(5, 1<<20))
		wstest.Next[*messages.Opened](t, events)
		began := time.Now()
		for range 6 { // one is handed to the socket, five wait
			if err := conn.Send(messages.Text("x")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := conn.Send(messages.Text("x")); !is[*messages.QueueFullError](err) {
			t.Errorf("got %v", err)
		}
		if m := inspect(t, sup, conn); m.Phase != "open" || m.Queued != 5 || m.BufferedAmount != 5 {
			t.Errorf("got %+v", m)
		}
		e := wstest.Next[*messages.Failed](t, events)
		if !is[*messages.WriteError](e.Err) || !errors.Is(e.Err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", e.Err)
		}
		if took := time.Since(began); took != actors.DefaultWriteTimeout+time.Second { // and a second for last words
			t.Errorf("took %v", took)
		}
		if e := wstest.Next[*messages.Closed](t, events); e.Written != 1 || !e.WillRetry {
			t.Errorf("got %s, %d written", wstest.Describe(e), e.Written)
		}
		if n := conn.Queued(); n != 5 {
			t.Errorf("%d queued", n)
		}
	})
}

// A peer that reads slowly is not a dead one, and gets everything in order.
func TestSlowReader(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		got := make(chan byte)
		server.Become(slowReader(got))
		conn, events := connect(t, sup, server, actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		for i := range byte(100) {
			if err := conn.Send(messages.Binary([]byte{i})); err != nil {
				t.Fatal(err)
			}
		}
		for i := range byte(100) {
			if b := <-got; b != i {
				t.Fatalf("got %d, want %d", b, i)
			}
		}
		events.None(t)
		server.Cut()
	})
}

// slowReader is a peer that reads a small frame a second.
func slowReader(got chan<- byte) wstest.Peer {
	return func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		frame := make([]byte, 7) // a byte, masked
		for {
			if _, err := io.ReadFull(conn, frame); err != nil || frame[0] != 0x82 {
				return
			}
			got <- frame[6] ^ frame[2]
			pass(time.Second)
		}
	}
}

// A single message on an idle connection is on the wire at once: what is
// gathered is what waits already, never what may come.
func TestSingleSendIsNotDelayed(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		began := time.Now()
		for range 100 {
			_ = conn.Send(messages.Text("x"))
			wstest.Next[*messages.Received](t, events)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// Everything arrives whole, in order, in both directions, on a real socket, while
// the other side answers pings.
func TestEchoOnLoopback(t *testing.T) {
	onLoopback(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithReadLimit(2<<20),
			actors.WithHeartbeat(time.Millisecond, time.Minute))
		const n = 2000
		go func() {
			for i := 0; i < n; {
				size := []int{0, 1, 125, 126, 4096, 65535, 65536}[i%7]
				if i == n/2 {
					size = 1 << 20
				}
				data := make([]byte, size+2)
				data[0], data[1] = byte(i), byte(i>>8)
				var full *messages.QueueFullError
				switch err := conn.Send(messages.Binary(data)); {
				case err == nil:
					i++
				case !errors.As(err, &full):
					t.Error(err)
					return
				}
			}
		}()
		wstest.Next[*messages.Opened](t, events)
		for i := range n {
			e := wstest.Next[*messages.Received](t, events)
			if got := int(e.Data[0]) | int(e.Data[1])<<8; got != i {
				t.Fatalf("got %d, want %d", got, i)
			}
		}
		if e := closeAndWait(t, conn, events); !e.Clean || e.Written != n {
			t.Errorf("got %s, %d written", wstest.Describe(e), e.Written)
		}
	})
}
