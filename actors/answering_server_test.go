package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
)

// A server has no next socket: what its handler says too late is refused.
func TestLateAnswerOfServerIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) }) // protoactor counts dead letters for a second
		events, refused := wstest.NewRecorder(), make(chan error, 1)
		handler := func() actor.Actor {
			recorder := events.Handler()
			return actor.ReceiveFunc(func(ctx actor.Context) {
				switch m := ctx.Message().(type) {
				case *messages.Opened:
					ctx.ActorSystem().EventStream.Subscribe(func(event any) {
						if e, ok := event.(*messages.RejectedEvent); ok {
							refused <- e.Err
						}
					})
				case *messages.Received:
					pass(time.Minute)
					ctx.Send(m.Conn, messages.TextBytes(m.Data))
				}
				recorder.Receive(ctx)
			})
		}
		s := side{server: true, memory: true}
		o := s.arena(t, actors.WithHandler(handler), actors.WithCloseTimeout(time.Second))(t, "")
		began := time.Now()
		o.send(0, text("hi"), closing("\x0f\xa0"))
		o.hears(t, "close:4000")
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		_ = o.conn.Close()
		if e := events.Last(t); !e.Clean || e.Code != 4000 || e.Dropped != 0 {
			t.Errorf("got %s", wstest.Describe(e))
		}
		synctest.Wait()
		select {
		case err := <-refused:
			if !is[*messages.ClosedError](err) {
				t.Errorf("got %v", err)
			}
		default:
			t.Error("not refused")
		}
	})
}
