package actors_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// heap is how many bytes are reachable.
func heap() int64 {
	var m runtime.MemStats
	for range 3 { // finalizers and pools take a second look
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// settle returns when there are as many actors again as there were.
func settle(t *testing.T, system *actor.ActorSystem, want int) {
	t.Helper()
	for i := 0; processes(system) != want; i++ {
		if runtime.Gosched(); i == 50_000_000 {
			t.Fatalf("%d actors, want %d", processes(system), want)
		}
	}
}

// fillRegistry has each of the registry's own maps, of which there are 32,768, made:
// they are never given back.
func fillRegistry(system *actor.ActorSystem) {
	for range 300_000 {
		pid, _ := system.ProcessRegistry.Add(system.DeadLetter, system.ProcessRegistry.NextId())
		system.ProcessRegistry.Remove(pid)
	}
}

// Ten thousand groups that one connection joins and leaves, one after the other and
// all at a time, leave no actor and next to no memory, at the connection neither.
func TestGroupsLeaveNothing(t *testing.T) {
	const n, bound = 10_000, 512 << 10
	inOrder := func(send func(any), conn *actor.PID) {
		for i := range n {
			send(&messages.Join{Group: fmt.Sprint(i), Conn: conn})
			send(&messages.Leave{Group: fmt.Sprint(i), Conn: conn})
		}
	}
	atOnce := func(send func(any), conn *actor.PID) {
		for i := range n {
			send(&messages.Join{Group: fmt.Sprint(i), Conn: conn})
		}
		for i := range n {
			send(&messages.Leave{Group: fmt.Sprint(i), Conn: conn})
		}
	}
	for name, churn := range map[string]func(func(any), *actor.PID){"in order": inOrder, "at once": atOnce} {
		t.Run(name, func(t *testing.T) {
			onLoopback(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				system := sup.System()
				conn, events := connect(t, sup, server)
				wstest.Next[*messages.Opened](t, events)
				groups := actors.StartGroups(system)
				fillRegistry(system)
				actorsBefore, before := processes(system), heap()
				churn(func(m any) { system.Root.Send(groups, m) }, conn.PID())
				r := newRequester(sup)
				system.Root.RequestWithCustomSender(groups, &messages.Leave{}, r.pid) // refused, behind all the others
				answer[*messages.Rejected](t, r)
				system.Root.Stop(r.pid)
				settle(t, system, actorsBefore)
				if grown := heap() - before; grown > bound {
					t.Errorf("%d KB stay", grown>>10)
				}
				system.Root.Stop(groups)
				closeAndWait(t, conn, events)
			})
		})
	}
}

// Who leaves as the last has heard what was broadcast before, though its group ends
// with it.
func TestTheLastOfAGroupHearsAll(t *testing.T) {
	const n = 2000
	onLoopback(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		root := sup.System().Root
		conn, events := connect(t, sup, server, actors.WithQueue(n, 1<<20))
		wstest.Next[*messages.Opened](t, events)
		groups := actors.StartGroups(sup.System())
		for i := range n {
			name := fmt.Sprint(i)
			root.Send(groups, &messages.Join{Group: name, Conn: conn.PID()})
			root.Send(groups, &messages.Broadcast{Group: name, Message: messages.Text(name)})
			root.Send(groups, &messages.Leave{Group: name, Conn: conn.PID()})
		}
		heard := map[string]bool{}
		for range n {
			heard[string(wstest.Next[*messages.Received](t, events).Data)] = true
		}
		if len(heard) != n {
			t.Errorf("%d of %d", len(heard), n)
		}
		root.Stop(groups)
		closeAndWait(t, conn, events)
	})
}
