package mailbox

import (
	"log/slog"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

func quietSystem() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
}

// ending is an actor that panics when it stops.
type ending struct {
	in    func(message any) bool // the lifecycle message at which it does
	child *actor.Props           // nil if it has none
}

func isStopping(message any) bool { _, is := message.(*actor.Stopping); return is }
func isStopped(message any) bool  { _, is := message.(*actor.Stopped); return is }

func (e *ending) Receive(ctx actor.Context) {
	if _, is := ctx.Message().(*actor.Started); is && e.child != nil {
		ctx.Spawn(e.child)
	}
	if e.in != nil && e.in(ctx.Message()) || ctx.Message() == "panic" {
		panic("on purpose")
	}
}

// heard notes what an actor's parent or a watcher is told.
type heard struct{ system chan any }

func (h *heard) SendUserMessage(*actor.PID, any) {}
func (h *heard) SendSystemMessage(_ *actor.PID, message any) {
	h.system <- message
}
func (h *heard) Stop(*actor.PID) {}

type spawnedBy struct {
	*actor.RootContext
	parent *actor.PID
}

func (c spawnedBy) Self() *actor.PID { return c.parent }

// spawnEnding spawns one, with who hears of it.
func spawnEnding(e *ending, options ...actor.PropsOption) (*actor.ActorSystem, *actor.PID, *plain, *heard) {
	system := quietSystem()
	parent := &heard{make(chan any, 10)}
	who, _ := system.ProcessRegistry.Add(parent, "parent")
	props := actor.PropsFromProducer(func() actor.Actor { return e }, append(options, actor.WithMailbox(newPlain))...)
	pid, err := actor.DefaultSpawner(system, "ending", props, spawnedBy{system.Root, who})
	if err != nil {
		panic(err)
	}
	m, _ := Of[*plain](system, pid)
	m.Release()
	return system, pid, m, parent
}

// isTerminated waits for the end of an actor.
func isTerminated(t *testing.T, h *heard, pid *actor.PID) {
	t.Helper()
	if m, is := (<-h.system).(*actor.Terminated); !is || !m.Who.Equal(pid) {
		t.Errorf("heard %v", m)
	}
}

// An actor that panics in its own end has ended, and its parent and who watches it hear
// of it; its children end first.
func TestPanicsInItsEnd(t *testing.T) {
	leaf := actor.PropsFromFunc(func(actor.Context) {})
	for name, e := range map[string]*ending{
		"stopping":               {in: isStopping},
		"stopped":                {in: isStopped},
		"stopping, with a child": {in: isStopping, child: leaf},
	} {
		t.Run(name, func(t *testing.T) {
			system, pid, m, parent := spawnEnding(e)
			watcher := &heard{make(chan any, 10)}
			who, _ := system.ProcessRegistry.Add(watcher, "watcher")
			other, _ := system.ProcessRegistry.Add(&heard{make(chan any, 10)}, "other")
			process, _ := system.ProcessRegistry.Get(pid)
			for _, each := range []any{&actor.Watch{Watcher: who}, &actor.Watch{Watcher: other}, &actor.Unwatch{Watcher: other}} {
				process.SendSystemMessage(pid, each)
			}
			system.Root.Stop(pid)
			isTerminated(t, parent, pid)
			isTerminated(t, watcher, pid)
			if _, there := system.ProcessRegistry.Get(pid); there {
				t.Error("it is there")
			}
			process.SendSystemMessage(pid, &actor.Watch{Watcher: who}) // and of one that has ended
			isTerminated(t, watcher, pid)
			if len(m.crashes) != 1 || m.crashes[0].Reason != "on purpose" {
				t.Errorf("logged %v", m.crashes)
			}
		})
	}
}

// One whose context cannot be made when it fails still fails to its parent.
func TestFailsWithoutAContext(t *testing.T) {
	broken := actor.WithContextDecorator(func(next actor.ContextDecoratorFunc) actor.ContextDecoratorFunc {
		return func(actor.Context) actor.Context { panic("no context") }
	})
	system, pid, _, parent := spawnEnding(&ending{}, broken)
	system.Root.Send(pid, "panic")
	for {
		if m, is := (<-parent.system).(*actor.Failure); is {
			if !m.Who.Equal(pid) {
				t.Errorf("failed: %v", m.Who)
			}
			return
		}
	}
}

// What a crash says of itself, in protoactor's log too.
func TestCrash(t *testing.T) {
	c := CrashOf("reason")
	if CrashOf(c) != c || c.LogValue().String() != c.String() || c.String() == "" {
		t.Errorf("got %q", c)
	}
}

// Nobody is left to decide about the child of one that has stopped: it stops.
func TestStoppedAnswers(t *testing.T) {
	system := quietSystem()
	child := &heard{make(chan any, 1)}
	who, _ := system.ProcessRegistry.Add(child, "child")
	s := &stopped{system: system, self: actor.NewPID(system.Address(), "self")}
	s.InvokeSystemMessage(&actor.Failure{Who: who})
	if _, is := (<-child.system).(*actor.Stop); !is {
		t.Error("it is not stopped")
	}
	s.EscalateFailure("reason", "message")
	(&search{}).IgnoreDeadLetterLogging()
}
