package actors

import (
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A connection whose peer is healthy does not run for its heartbeats: it is kept from
// running for many of them, and nothing was posted to it meanwhile.
func TestHealthyPeerLeavesTheConnectionAlone(t *testing.T) {
	sup, err := supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })))
	if err != nil {
		t.Fatal(err)
	}
	server, err := wstest.ListenTCP(wstest.Echo)
	if err != nil {
		t.Fatal(err)
	}
	const enough = 100
	answered, opened := make(chan struct{}), make(chan struct{})
	answers := 0
	rule := HeartbeatFunc(func(s Signs) Beat {
		if s.Pings > 0 && !s.Awaited {
			if answers++; answers == enough {
				close(answered)
			}
		}
		return Beat{Ping: !s.Awaited, Next: MinBeat}
	})
	conn, err := Connect(sup, server.URL(), WithHeartbeatRule(func() Heartbeat { return rule }),
		WithCallbacks(Callbacks{OnOpen: func(*Conn, *messages.Opened) { close(opened) }}))
	if err != nil {
		t.Fatal(err)
	}
	for <-opened; !conn.mailbox.Take(); {
		runtime.Gosched() // it is about to be idle
	}
	<-answered
	if conn.mailbox.GiveBack() {
		t.Error("something was posted to it")
	}
	if conn.RTT() == 0 {
		t.Error("no round trip")
	}
	if err := sup.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	server.Close()
}

// A round trip is that of the ping that is awaited: a late answer to the one before, or
// a second one to the same, measures nothing.
func TestRoundTripIsOfItsOwnPing(t *testing.T) {
	h := &heartbeat{conn: &Conn{}, number: 2, awaited: true, pingedAt: time.Minute}
	for _, step := range []struct {
		pong pong
		want time.Duration
	}{
		{pong{number: 0, at: 2 * time.Minute}, 0},
		{pong{number: 1, at: 2 * time.Minute}, 0},
		{pong{number: 2 + 1<<32, at: 2 * time.Minute}, 0},
		{pong{number: 2, at: 3 * time.Minute}, 2 * time.Minute},
		{pong{number: 2, at: 5 * time.Minute}, 2 * time.Minute},
		{pong{text: true, at: 5 * time.Minute}, 2 * time.Minute},
	} {
		if h.pong(&step.pong); h.conn.RTT() != step.want {
			t.Errorf("%+v: the round trip took %v", step.pong, h.conn.RTT())
		}
	}
}

// An alarm that was set to another time may still ring for the one that it had: nobody
// is asked then.
func TestStaleRingIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		sup, err := supervisor.Start(system)
		if err != nil {
			t.Fatal(err)
		}
		h := &heartbeat{conn: &Conn{tree: treeOf(sup.Tree(nil))}, due: -1}
		if h.isDue() {
			t.Error("due, and not set")
		}
		h.due, h.early = h.conn.tree.clock.Now()+10*time.Second, time.Second
		time.Sleep(9*time.Second - 1)
		if h.isDue() {
			t.Error("due too soon")
		}
		time.Sleep(time.Nanosecond)
		if !h.isDue() || h.late() != 0 {
			t.Error("not due when it may be")
		}
		time.Sleep(3 * time.Second)
		if h.late() != 2*time.Second {
			t.Errorf("late by %v", h.late())
		}
		if err := sup.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
	})
}
