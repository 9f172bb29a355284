package actors_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.uber.org/goleak"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, throttles...) }

// throttles are protoactor's: they count the dead letters of the last second.
var throttles = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewThrottle.func1.1"),
	goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"),
}

// start starts a tree that is stopped, and must have nothing left, at the end.
func start(t testing.TB, options ...supervisor.Option) *supervisor.Supervisor {
	t.Helper()
	return startIn(t, quietSystem(), options...)
}

func quietSystem() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
}

// startIn is start in a system that others use before or after.
func startIn(t testing.TB, system *actor.ActorSystem, options ...supervisor.Option) *supervisor.Supervisor {
	t.Helper()
	sup, err := supervisor.Start(system, options...)
	if err != nil {
		t.Fatal(err)
	}
	subscription := system.EventStream.Subscribe(func(event any) {
		if e, ok := event.(*actor.DeadLetterEvent); ok && !expected(e.Message) {
			t.Errorf("dead letter for %v: %T", e.PID, e.Message)
		}
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := sup.Stop(ctx); err != nil {
			t.Error(err)
		}
		system.EventStream.Unsubscribe(subscription)
	})
	return sup
}

// expected reports whether a dead letter is no sign of a mistake: what asks not
// to be logged, the end of the handler of a connection that was cut off, and
// protoactor's own messages about and to one that fails, restarts and stops at once.
func expected(message any) bool {
	switch message.(type) {
	case actor.IgnoreDeadLetterLogging, *actor.Terminated, *actor.Stop, *actor.Restart, *actor.Failure,
		*actor.SuspendMailbox, *actor.ResumeMailbox, *actor.Watch, *actor.Unwatch:
		return true
	default:
		return false
	}
}

// connect connects to a server of wstest, recording the events.
func connect(t testing.TB, sup *supervisor.Supervisor, server *wstest.Server, options ...actors.Option,
) (*actors.Conn, *wstest.Recorder) {
	t.Helper()
	events := wstest.NewRecorder()
	return connectTo(t, sup, server, append(options, actors.WithHandler(events.Handler))...), events
}

func connectTo(t testing.TB, sup *supervisor.Supervisor, server *wstest.Server, options ...actors.Option) *actors.Conn {
	t.Helper()
	options = append([]actors.Option{actors.WithDialContext(server.DialContext)}, options...)
	conn, err := actors.Connect(sup, server.URL(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// inMemory runs a test in virtual time, with a tree and a server in memory.
func inMemory(t *testing.T, peer wstest.Peer, f func(*testing.T, *supervisor.Supervisor, *wstest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) }) // protoactor counts dead letters for a second
		server := wstest.Listen(peer)
		t.Cleanup(server.Close)
		f(t, start(t), server)
	})
}

// onLoopback runs a test with a tree and a server on a real socket.
func onLoopback(t *testing.T, peer wstest.Peer, f func(*testing.T, *supervisor.Supervisor, *wstest.Server)) {
	t.Helper()
	server, err := wstest.ListenTCP(peer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	f(t, start(t), server)
}

// closeAndWait closes a connection and returns its last Closed.
func closeAndWait(t *testing.T, conn *actors.Conn, events *wstest.Recorder) *messages.Closed {
	t.Helper()
	if err := conn.Close(messages.CloseNormal, ""); err != nil {
		t.Fatal(err)
	}
	return events.Last(t)
}

// discardLog is for servers whose complaints are expected.
var discardLog = log.New(io.Discard, "", 0)

// pass lets virtual time pass: in a synctest bubble nothing waits for it.
func pass(d time.Duration) { time.Sleep(d) }
