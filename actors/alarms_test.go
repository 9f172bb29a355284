package actors

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// What an epoch has asked the clock for goes with it: thousands leave no alarms, though
// each was to ring a day later, and one that stays keeps its own.
func TestCancelledAlarmsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup, err := supervisor.Start(actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })))
		if err != nil {
			t.Fatal(err)
		}
		connect := func(server *wstest.Server, opened func(*Conn)) *Conn {
			conn, err := Connect(sup, server.URL(), WithDialContext(server.DialContext), WithMaxAge(24*time.Hour, 0),
				WithHeartbeat(time.Hour, time.Hour), WithPolicy(supervisor.Fixed(time.Millisecond)),
				WithCallbacks(Callbacks{OnOpen: func(c *Conn, _ *messages.Opened) { opened(c) }}))
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		echo, drop := wstest.Listen(wstest.Echo), wstest.Listen(wstest.Drop)
		stays := connect(echo, func(*Conn) {})
		epochs := 0
		goes := connect(drop, func(*Conn) { epochs++ })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		clock := goes.tree.clock
		if epochs < 2000 || clock.Pending() > 4 { // two of each, at most
			t.Errorf("%d epochs have left %d alarms", epochs, clock.Pending())
		}
		for _, c := range []*Conn{stays, goes} {
			_ = c.Close(messages.CloseNormal, "")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if clock.Pending() > 0 {
			t.Errorf("%d alarms are left of nobody", clock.Pending())
		}
		if err := sup.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		echo.Close()
		drop.Close()
		time.Sleep(2 * time.Second) // protoactor counts dead letters for a second
	})
}
