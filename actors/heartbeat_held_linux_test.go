package actors_test

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A connection that an Outgoing holds up, on the goroutine that stays at its socket, may keep
// what has arrived from being read. It is read before the peer is given up.
func TestPongUnreadByAConnectionThatIsHeldUp(t *testing.T) {
	opponents := make(chan *opponent)
	peer := func(conn net.Conn) {
		if o := greet(conn); o != nil {
			opponents <- o
			<-o.over
		}
	}
	onLoopback(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		const pings = 3
		var holds, isHeld atomic.Bool
		var pongs atomic.Uint64
		held, released, enough := make(chan struct{}), make(chan struct{}), make(chan struct{})
		release := sync.OnceFunc(func() { close(released) })
		defer release()
		outgoing := actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
			if holds.Swap(false) {
				close(held)
				<-released
			}
			return o.Send
		})
		seen := false
		rule := actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
			switch {
			case !isHeld.Load() || s.Awaited && pongs.Load() < s.Pings:
			case s.Awaited: // by who has not read it
				return actors.Beat{Fail: errors.New("silent")}
			case s.Pings < pings:
				return actors.Beat{Ping: true, Next: actors.MinBeat}
			case !seen:
				seen = true
				close(enough)
			}
			return actors.Beat{Next: actors.MinBeat}
		})
		conn := connectTo(t, sup, server, echoing, actors.WithOutgoing(outgoing), actors.WithPayloadHeartbeat("ping", "pong"),
			actors.WithHeartbeatRule(func() actors.Heartbeat { return rule }))
		o := patient(t, <-opponents)
		for goroutines("(*Reader).runBusy") == 0 {
			o.send(0, text("quick"))
			o.next()
		}
		holds.Store(true)
		o.send(0, text("quick"))
		<-held
		isHeld.Store(true)
		for range pings {
			if got := o.next(); got != `text:"ping"` {
				t.Fatalf("got %s", got)
			}
			o.send(0, text("pong"))
			pongs.Add(1)
		}
		<-enough
		release()
		if got := o.next(); got != `text:"quick"` || conn.Epoch() != 1 {
			t.Errorf("got %s, epoch %d", got, conn.Epoch())
		}
	})
}
