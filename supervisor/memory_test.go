package supervisor

import (
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// What children had that have ended is collected, also of those that were there at the
// same time: in whatever order they end.
func TestEndedChildrenAreCollected(t *testing.T) {
	const n = 200
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := Start(system, WithShards(1))
	if err != nil {
		t.Fatal(err)
	}
	var collected atomic.Int64
	stop := spawnCollected(t, sup, n, &collected)
	stop()
	for sup.Running() > 0 {
		runtime.Gosched()
	}
	for i := 0; collected.Load() < n; i++ {
		if runtime.GC(); i == 1000 {
			t.Fatalf("%d of %d", collected.Load(), n)
		}
	}
	if err := sup.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// spawnCollected spawns children that are counted when they are collected, and returns
// what stops them.
func spawnCollected(t *testing.T, sup *Supervisor, n int, collected *atomic.Int64) (stop func()) {
	t.Helper()
	pids := make(chan *actor.PID, n)
	for range n {
		pid, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor {
			state := new([1 << 10]byte)
			runtime.AddCleanup(state, func(int) { collected.Add(1) }, 0)
			return actor.ReceiveFunc(func(actor.Context) { state[0]++ })
		}))
		if err != nil {
			t.Fatal(err)
		}
		pids <- pid
	}
	return func() {
		for range n {
			sup.System().Root.Stop(<-pids)
		}
	}
}
