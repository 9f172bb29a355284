package actors_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// The code of a connection that this side ends is this side's, whatever it was doing:
// dialling, waiting, open to a peer that does not answer.
func TestClosedSaysWhoEndedIt(t *testing.T) {
	states := map[string]wstest.Peer{"dialling": wstest.Frozen, "waiting": wstest.Drop, "mute": wstest.Mute}
	ends := map[string]struct {
		end  func(*supervisor.Supervisor, *actors.Conn)
		code messages.CloseCode
	}{
		"close": {func(_ *supervisor.Supervisor, c *actors.Conn) { _ = c.Close(4000, "") }, 4000},
		"stop":  {func(sup *supervisor.Supervisor, _ *actors.Conn) { _ = sup.Stop(context.Background()) }, messages.CloseGoingAway},
		"drain": {func(sup *supervisor.Supervisor, _ *actors.Conn) {
			_, _ = sup.Drain(context.Background(), messages.Drain{Code: messages.CloseServiceRestart})
		}, messages.CloseServiceRestart},
		"stop of the PID": {func(sup *supervisor.Supervisor, c *actors.Conn) { sup.System().Root.Stop(c.PID()) }, messages.CloseGoingAway},
		"overflow": {func(_ *supervisor.Supervisor, c *actors.Conn) {
			for c.Send(messages.Text("xxxxxx")) == nil && c.ReadyState() < messages.StateClosing {
				synctest.Wait()
			}
		}, messages.CloseTryAgainLater},
	}
	for state, peer := range states {
		for name, how := range ends {
			if state == "mute" && name == "overflow" { // it reads, so nothing overflows
				continue
			}
			t.Run(state+"/"+name, func(t *testing.T) {
				inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
					conn, events := connect(t, sup, server, actors.WithQueue(2, 10),
						actors.WithOverflow(actors.CloseConnection), actors.WithPolicy(supervisor.Fixed(time.Hour)))
					synctest.Wait()
					how.end(sup, conn)
					if e := events.Last(t); e.Code != how.code || e.Clean || e.Cause != messages.CauseAsked {
						t.Errorf("got %s, %s", wstest.Describe(e), e.Cause)
					}
				})
			})
		}
	}
}

// A handler can tell what ended its epoch: the codes alone are the same.
func TestClosedCause(t *testing.T) {
	goesAway := wstest.CloseWith(websocket.StatusGoingAway, "")
	cases := map[string]struct {
		peer wstest.Peer
		end  func(*supervisor.Supervisor, *actors.Conn)
		want messages.CloseCause
	}{
		"peer":  {goesAway, func(*supervisor.Supervisor, *actors.Conn) {}, messages.CausePeer},
		"asked": {wstest.Echo, func(_ *supervisor.Supervisor, c *actors.Conn) { _ = c.Close(messages.CloseGoingAway, "") }, messages.CauseAsked},
		"rotation": {wstest.Echo, func(sup *supervisor.Supervisor, c *actors.Conn) {
			sup.System().Root.Send(c.PID(), &messages.Rotate{})
		}, messages.CauseRotation},
		"failure": {wstest.Drop, func(*supervisor.Supervisor, *actors.Conn) {}, messages.CauseFailure},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inMemory(t, c.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server)
				wstest.Next[*messages.Opened](t, events)
				c.end(sup, conn)
				for {
					e, ok := events.Any(t).(*messages.Closed)
					if !ok {
						continue
					}
					if e.Cause != c.want || e.Code != messages.CloseGoingAway && c.want != messages.CauseFailure {
						t.Errorf("got %s, %s", wstest.Describe(e), e.Cause)
					}
					return
				}
			})
		})
	}
}
