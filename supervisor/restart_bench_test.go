package supervisor

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// BenchmarkRestart is a child that fails whenever it has started: from the failure
// over the decision and the timer to the next incarnation.
func BenchmarkRestart(b *testing.B) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	}))
	sup, err := Start(system)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = sup.Stop(b.Context()) }()
	starts, done := 0, make(chan struct{})
	policy := Fixed(time.Nanosecond)
	b.ReportAllocs()
	_, err = sup.Tree(&policy).Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch ctx.Message().(type) {
		case *actor.Started:
			if starts++; starts > b.N {
				close(done)
				return
			}
			ctx.Send(ctx.Self(), "fail")
		case *messages.Close: // of the Stop at the end
			ctx.Send(ctx.Parent(), &child.Finished{Conn: ctx.Self(), Clean: true})
		case string:
			panic(&child.Failure{Epoch: uint64(starts)})
		}
	}))
	if err != nil {
		b.Fatal(err)
	}
	<-done
}
