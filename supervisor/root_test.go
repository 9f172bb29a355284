package supervisor

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/supervisor/child"
)

// unhurried is a child that takes a while to stop.
type unhurried struct{}

func (unhurried) Receive(ctx actor.Context) {
	if _, is := ctx.Message().(*actor.Stopping); is {
		pass(time.Second)
	}
}

// A shard that fails while it stops is not taken back to life: the tree ends.
func TestAShardThatFailsWhileItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		sup, err := Start(system, WithShards(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return unhurried{} })); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		system.Root.Stop(sup.PID())
		synctest.Wait()
		system.Root.Send(sup.shards[0], &child.Finished{}) // of nobody, which is a bug
		pass(time.Minute)
		synctest.Wait()
		if _, there := system.ProcessRegistry.Get(sup.shards[0]); there || !sup.ended() {
			t.Errorf("shard is there: %v, tree ended: %v", there, sup.ended())
		}
		if !sup.ended() {
			system.Root.Stop(sup.shards[0])
		}
	})
}
