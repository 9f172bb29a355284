package reader

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Nothing comes after the Closed of its epoch; what is kept from the handler gives back its
// credit, and what is somebody else's is passed on.
func TestNothingComesAfterClosed(t *testing.T) {
	tr := try(t, setup{})
	conn, other := tr.link.conn, actor.NewPID("other", "other")
	tr.link.take(4)
	reached := make(chan int64, 1)
	for _, m := range []any{
		&messages.Received{Conn: conn, Epoch: 1, Data: []byte("before")},
		&messages.Closed{Conn: conn, Epoch: 1},
		&messages.Received{Conn: conn, Epoch: 1, Data: []byte("late")},
		&messages.Decoded{Conn: conn, Epoch: 1},
		&messages.Received{Conn: other, Epoch: 1, Data: []byte("another's")},
		&messages.Received{Conn: conn, Epoch: 2, Data: []byte("of the next")},
		&messages.Decoded{Conn: conn, Epoch: 2},
		&Mark{Reached: func() { reached <- tr.link.Unhandled() }},
	} {
		tr.inbox.PostUserMessage(m)
	}
	for _, want := range []string{"before", "another's", "of the next"} {
		if got := tr.next(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n := <-reached; n != 0 {
		t.Errorf("%d are not handled when all is", n)
	}
}

// A message that the handler has failed over is given back by who hears of that.
func TestGiveFor(t *testing.T) {
	tr := try(t, setup{})
	tr.link.take(2)
	tr.link.GiveFor(&messages.Opened{Conn: tr.link.conn})
	tr.link.GiveFor(&messages.Received{Conn: actor.NewPID("other", "other")})
	tr.link.GiveFor(&messages.Received{Conn: tr.link.conn})
	tr.link.GiveFor(&messages.Decoded{Conn: tr.link.conn})
	if n := tr.link.Unhandled(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// Whose handler it is hears that it stops.
func TestHandlerStopping(t *testing.T) {
	tr := try(t, setup{})
	ctx := tr.inbox.Context()
	tr.inbox.Guard(ctx.ActorSystem()).Stop(ctx.Self())
	if who := <-tr.owner.stopping; !who.Equal(ctx.Self()) {
		t.Errorf("%v stops", who)
	}
}
