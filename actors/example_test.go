package actors_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// trader is the handler of a feed.
type trader struct {
	heard int // needs no lock: one message at a time
	done  chan struct{}
}

func (t *trader) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *messages.Opened:
		fmt.Println("open, epoch", m.Epoch)
	case *messages.Received:
		t.heard++
		fmt.Printf("%s (%d)\n", m.Data, t.heard)
		ctx.Send(m.Conn, &messages.Close{Code: messages.CloseNormal})
	case *messages.Closed:
		fmt.Println("closed:", m.Code)
		close(t.done)
	}
}

// exampleSupervisor starts a tree that does not log.
func exampleSupervisor() (sup *supervisor.Supervisor, stop func()) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := supervisor.Start(system)
	if err != nil {
		panic(err)
	}
	return sup, func() { _ = sup.Stop(context.Background()) }
}

func ExampleConnect() {
	server := wstest.Listen(wstest.Echo) // in memory
	defer server.Close()
	sup, stop := exampleSupervisor()
	defer stop()

	done := make(chan struct{})
	conn, err := actors.Connect(sup, server.URL(),
		actors.WithDialContext(server.DialContext),
		actors.WithHandler(func() actor.Actor { return &trader{done: done} }))
	if err != nil {
		panic(err)
	}
	sup.System().Root.Send(conn.PID(), messages.Text("hello"))
	<-done
	// Output:
	// open, epoch 1
	// hello (1)
	// closed: 1000 normal closure
}

func ExampleWithCallbacks() {
	server := wstest.Listen(wstest.Echo) // in memory
	defer server.Close()
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := supervisor.Start(system)
	if err != nil {
		panic(err)
	}
	defer sup.Stop(context.Background()) //nolint:errcheck // it ends with the program

	done := make(chan struct{})
	_, err = actors.Connect(sup, server.URL(),
		actors.WithDialContext(server.DialContext),
		actors.WithCallbacks(actors.Callbacks{
			OnOpen: func(c *actors.Conn, e *messages.Opened) {
				if err := c.Send(messages.Text("hello")); err != nil {
					fmt.Println(err)
				}
			},
			OnMessage: func(c *actors.Conn, e *messages.Received) {
				fmt.Printf("%s\n", e.Data)
				if err := c.Close(messages.CloseNormal, "enough"); err != nil {
					fmt.Println(err)
				}
			},
			OnClose: func(c *actors.Conn, e *messages.Closed) {
				fmt.Println(e.Code, e.Reason)
				close(done)
			},
		}))
	if err != nil {
		panic(err)
	}
	<-done
	// Output:
	// hello
	// 1000 normal closure enough
}
