package actors_test

import (
	"os"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.uber.org/goleak"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A thousand restarts in a row leave no goroutine, no file and no child behind.
func TestThousandRestarts(t *testing.T) {
	files := openFiles(t)
	t.Cleanup(func() { eventually(t, "files", files, func() int { return openFiles(t) }) })
	sup := start(t)
	first, err := wstest.ListenTCP(wstest.Echo)
	if err != nil {
		t.Fatal(err)
	}
	conn, events := connect(t, sup, first) // the tree's poller stays
	wstest.Next[*messages.Opened](t, events)
	closeAndWait(t, conn, events)
	first.Close()
	eventually(t, "connections", 0, sup.Running)
	before := openFiles(t) // or one more: whoever was writing to a socket closes it, a moment later
	idle := goleak.IgnoreCurrent()
	registered := processes(sup.System())

	server, err := wstest.ListenTCP(wstest.Drop)
	if err != nil {
		t.Fatal(err)
	}
	conn, events = connect(t, sup, server, actors.WithPolicy(supervisor.Fixed(time.Nanosecond)))
	for epoch := range uint64(1000) {
		wstest.Next[*messages.Opened](t, events)
		wstest.Next[*messages.Failed](t, events)
		if e := wstest.Next[*messages.Closed](t, events); e.Epoch != epoch+1 {
			t.Fatalf("got %s", wstest.Describe(e))
		}
	}
	stopped := make(chan struct{})
	watch(sup.System(), conn.PID(), func() { close(stopped) })
	closeAndWait(t, conn, events)
	<-stopped
	server.Close()

	parked := goleak.IgnoreAnyFunction("github.com/sockvisor/sockvisor/actors/internal/mailbox.(*Workers).park") // as many as ever worked together
	goleak.VerifyNone(t, append(throttles, idle, parked)...)
	eventually(t, "files more than before", 0, func() int { return max(openFiles(t)-before, 0) })
	eventually(t, "actors", registered, func() int { return processes(sup.System()) })
}

// watch calls f when the actor has terminated. It returns when it watches.
func watch(system *actor.ActorSystem, pid *actor.PID, f func()) {
	watching := make(chan struct{})
	defer func() { <-watching }()
	system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch ctx.Message().(type) {
		case *actor.Started:
			ctx.Watch(pid)
			close(watching)
		case *actor.Terminated:
			ctx.Stop(ctx.Self())
		case *actor.Stopped:
			f()
		}
	}))
}

func processes(system *actor.ActorSystem) (n int) {
	for _, bucket := range system.ProcessRegistry.LocalPIDs.LocalPIDs {
		n += bucket.Count()
	}
	return n
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
