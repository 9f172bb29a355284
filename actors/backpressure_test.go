package actors_test

import (
	"io"
	"net"
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

const flooded = 1000

// flood is a peer that sends as fast as it is read, and counts. It reads too, but
// answers nothing. It has an end: in virtual time no time passes while it sends.
func flood(sent *atomic.Int64) wstest.Peer {
	return func(conn net.Conn) {
		reader, err := wstest.Upgrade(conn)
		if err != nil {
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = io.Copy(io.Discard, reader)
		}()
		for range flooded {
			if _, err := conn.Write(wstest.Frame(0x82, []byte{byte(sent.Load())})); err != nil {
				break
			}
			sent.Add(1)
		}
		<-done
	}
}

// gate is a handler that can be held.
func gate(events *wstest.Recorder) (hold, release func()) {
	held := make(chan chan struct{}, 1)
	events.Before(func(event any) {
		if _, ok := event.(*messages.Received); !ok {
			return
		}
		select {
		case wait := <-held:
			<-wait
		default:
		}
	})
	wait := make(chan struct{})
	return func() { held <- wait }, func() { close(wait) }
}

// A slow handler stops the reader, and so the peer, after a bounded number of
// messages; the heartbeat does not mistake that for a dead peer, however long it
// takes; and everything arrives in order afterwards.
func TestSlowHandlerStopsTheReader(t *testing.T) {
	const unhandled = 10
	var sent atomic.Int64
	inMemory(t, flood(&sent), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		events := wstest.NewRecorder()
		hold, release := gate(events)
		hold()
		conn := connectTo(t, sup, server, actors.WithMaxUnhandled(unhandled), actors.WithHandler(events.Handler))
		wstest.Next[*messages.Opened](t, events)
		pass(time.Hour)
		synctest.Wait()
		// On an unbuffered pipe the peer can be one frame ahead, of which
		// coder/websocket has read the beginning into its buffer.
		if n := sent.Load(); n < unhandled || n > unhandled+1 {
			t.Fatalf("peer sent %d, the handler may have %d before it", n, unhandled)
		}
		events.None(t)
		release()
		for i := range flooded {
			if e := wstest.Next[*messages.Received](t, events); e.Data[0] != byte(i) || e.Epoch != 1 {
				t.Fatalf("got %s, want %d", wstest.Describe(e), i)
			}
		}
		closeAndWait(t, conn, events)
	})
}

// When the handler goes on and the peer has died meanwhile, the timeout begins
// with the reading.
func TestDeadPeerIsFoundAfterAPause(t *testing.T) {
	peer := func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		for range 2 {
			_, _ = conn.Write(wstest.Frame(0x82, []byte("x")))
		}
		_, _ = io.Copy(io.Discard, conn) // and nothing ever after
	}
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		events := wstest.NewRecorder()
		hold, release := gate(events)
		hold()
		connectTo(t, sup, server, actors.WithMaxUnhandled(1), actors.WithHandler(events.Handler))
		wstest.Next[*messages.Opened](t, events)
		pass(time.Hour)
		events.None(t)
		release()
		resumed := time.Now()
		wstest.Next[*messages.Received](t, events)
		wstest.Next[*messages.Received](t, events)
		e := wstest.Next[*messages.Failed](t, events)
		if took := time.Since(resumed); !is[*messages.HeartbeatError](e.Err) || took != interval+timeout {
			t.Fatalf("%v after %v", e.Err, took)
		}
	})
}

// A handler that many connections share says itself what it has handled.
func TestSharedHandlerAcknowledges(t *testing.T) {
	const unhandled = 10
	var sent atomic.Int64
	inMemory(t, flood(&sent), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		root := sup.System().Root
		events := wstest.NewRecorder()
		shared := root.Spawn(actor.PropsFromProducer(events.Handler))
		conn := connectTo(t, sup, server, actors.WithMaxUnhandled(unhandled), actors.WithHandlerPID(shared))
		wstest.Next[*messages.Opened](t, events)
		for range unhandled {
			wstest.Next[*messages.Received](t, events)
		}
		synctest.Wait()
		events.None(t)
		root.Send(conn.PID(), &messages.Ack{Epoch: 99, Count: 100}) // of no epoch of ours
		root.Send(conn.PID(), &messages.Ack{Epoch: 1, Count: -5})
		synctest.Wait()
		events.None(t)
		root.Send(conn.PID(), &messages.Ack{Epoch: 1, Count: unhandled})
		for range unhandled {
			wstest.Next[*messages.Received](t, events)
		}
		synctest.Wait()
		events.None(t)
		closeAndWait(t, conn, events)
		synctest.Wait()
		root.Stop(shared)
	})
}

func TestSharedHandlerThatStopsClosesItsConnections(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		events := wstest.NewRecorder()
		shared := sup.System().Root.Spawn(actor.PropsFromProducer(events.Handler))
		for range 3 {
			connectTo(t, sup, server, actors.WithHandlerPID(shared))
			wstest.Next[*messages.Opened](t, events)
		}
		sup.System().Root.Stop(shared)
		synctest.Wait()
		if n := sup.Running(); n != 0 {
			t.Fatalf("%d connections left", n)
		}
	})
}
