package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.uber.org/goleak"

	"github.com/sockvisor/sockvisor/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets virtual time pass.
func pass(d time.Duration) { time.Sleep(d) }

// fake is a child that fails when told, and notes what happens to it.
type fake struct {
	starts    chan time.Time
	decisions chan *Decision
	answers   chan string
	deaf      bool // to Close
}

type (
	fail struct{ reason any }
	ask  struct{}
)

func newFake() *fake {
	return &fake{
		starts: make(chan time.Time, 100_000), decisions: make(chan *Decision, 100_000), answers: make(chan string, 10),
	}
}

func (f *fake) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		f.starts <- time.Now()
	case *fail:
		panic(m.reason)
	case *ask:
		f.answers <- "here"
	case *Decision:
		f.decisions <- m
	case *messages.Close:
		if !f.deaf {
			ctx.Send(ctx.Parent(), &Finished{Conn: ctx.Self()})
		}
	}
}

// inTree runs a test with a tree and a child, in virtual time.
func inTree(t *testing.T, policy Policy, test func(*testing.T, *Supervisor, *fake, func(any))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) }) // protoactor counts dead letters for a second
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		sup, err := Start(system, WithPolicy(policy), WithShards(2))
		if err != nil {
			t.Fatal(err)
		}
		child := newFake()
		pid, err := sup.Spawn(actor.PropsFromProducer(func() actor.Actor { return child }), nil)
		if err != nil {
			t.Fatal(err)
		}
		<-child.starts
		test(t, sup, child, func(m any) {
			system.Root.Send(pid, m)
			synctest.Wait()
		})
		if err := sup.Stop(context.Background()); err != nil && !child.deaf {
			t.Error(err)
		}
	})
}

func failure(epoch uint64, uptime time.Duration) *fail {
	return &fail{&Failure{Epoch: epoch, Uptime: uptime, Err: errors.New("broken")}}
}

// A child that failed answers while it is down, and is restarted to the moment.
func TestResumeNowRestartLater(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, _ *Supervisor, child *fake, send func(any)) {
		failed := time.Now()
		send(failure(7, 0))
		if d := <-child.decisions; d.Epoch != 7 || d.Attempt != 1 || !d.Retry || d.Delay != DefaultDelay {
			t.Errorf("decided %+v", d)
		}
		send(&ask{})
		if len(child.answers) != 1 || len(child.starts) != 0 {
			t.Error("the child is deaf, or was restarted, before the delay")
		}
		if took := (<-child.starts).Sub(failed); took != DefaultDelay {
			t.Errorf("restarted after %v", took)
		}
	})
}

// The count starts over after a stable uptime only.
func TestAttempts(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, _ *Supervisor, child *fake, send func(any)) {
		for i, test := range []struct {
			uptime time.Duration
			want   int
		}{{0, 1}, {DefaultStableUptime - 1, 2}, {0, 3}, {DefaultStableUptime, 1}, {0, 2}} {
			send(failure(uint64(i+1), test.uptime))
			if d := <-child.decisions; d.Attempt != test.want {
				t.Errorf("%d: attempt %d, want %d", i, d.Attempt, test.want)
			}
			<-child.starts
		}
	})
}

// A second failure of what is already down makes no second restart.
func TestOneRestartAFailure(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, _ *Supervisor, child *fake, send func(any)) {
		send(failure(1, 0))
		send(failure(1, 0))
		send(failure(1, 0))
		pass(time.Hour)
		if len(child.starts) != 1 || len(child.decisions) != 1 {
			t.Errorf("%d restarts, %d decisions", len(child.starts), len(child.decisions))
		}
	})
}

// A child that finishes while it waits for its restart is stopped and stays so.
func TestStopWhileDown(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, sup *Supervisor, child *fake, send func(any)) {
		send(failure(1, 0))
		send(&messages.Close{})
		if n := sup.Running(); n != 0 {
			t.Errorf("%d running", n)
		}
		pass(time.Hour)
		if len(child.starts) != 0 {
			t.Error("restarted after it was stopped")
		}
	})
}

// So is one that somebody else stops.
func TestStopFromOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		sup, err := Start(system)
		if err != nil {
			t.Fatal(err)
		}
		child := newFake()
		pid, err := sup.Spawn(actor.PropsFromProducer(func() actor.Actor { return child }), nil)
		if err != nil {
			t.Fatal(err)
		}
		<-child.starts
		system.Root.Send(pid, failure(1, 0))
		synctest.Wait()
		system.Root.Stop(pid)
		pass(time.Hour)
		if n := sup.Running(); n != 0 || len(child.starts) != 0 {
			t.Errorf("%d running, %d restarts", n, len(child.starts))
		}
		if err := sup.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestNoRetry(t *testing.T) {
	inTree(t, Policy{MaxAttempts: 1}, func(t *testing.T, _ *Supervisor, child *fake, send func(any)) {
		send(failure(1, 0))
		if d := <-child.decisions; d.Retry {
			t.Errorf("decided %+v", d)
		}
		pass(time.Hour)
		if len(child.starts) != 0 {
			t.Error("restarted")
		}
	})
}

// A panic of no known type is a bug, and restarted like any other failure.
func TestUntypedPanic(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, _ *Supervisor, child *fake, send func(any)) {
		send(&fail{"bug"})
		if d := <-child.decisions; d.Attempt != 1 || !d.Retry {
			t.Errorf("decided %+v", d)
		}
		<-child.starts
	})
}

// A policy that panics harms nobody: it counts as "try again".
func TestPolicyPanics(t *testing.T) {
	inTree(t, Policy{Stop: func(error) bool { panic("policy") }},
		func(t *testing.T, sup *Supervisor, child *fake, send func(any)) {
			send(failure(1, 0))
			if d := <-child.decisions; !d.Retry || d.Delay != DefaultDelay {
				t.Errorf("decided %+v", d)
			}
			<-child.starts
			if n := sup.Running(); n != 1 {
				t.Errorf("%d running", n)
			}
		})
}

// Ten thousand failures in a row leave nothing behind.
func TestManyFailures(t *testing.T) {
	inTree(t, Fixed(time.Millisecond), func(t *testing.T, sup *Supervisor, child *fake, send func(any)) {
		for epoch := range uint64(10_000) {
			send(failure(epoch+1, 0))
			<-child.starts
		}
		if n := sup.Running(); n != 1 {
			t.Errorf("%d running", n)
		}
	})
}

func TestStopIsBounded(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, sup *Supervisor, child *fake, _ func(any)) {
		child.deaf = true
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		began := time.Now()
		var stop *StopError
		if err := sup.Stop(ctx); !errors.As(err, &stop) || stop.Forced != 1 || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestStopTwice(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, sup *Supervisor, child *fake, _ func(any)) {
		for range 2 {
			if err := sup.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
		var stopped *StoppedError
		if _, err := sup.Spawn(actor.PropsFromProducer(func() actor.Actor { return child }), nil); !errors.As(err, &stopped) {
			t.Errorf("spawn after stop: %v", err)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	var option *messages.OptionError
	for want, options := range map[string]Option{
		"WithShards": WithShards(0), "WithPolicy": WithPolicy(Fixed(-1)),
	} {
		if _, err := Start(system, options); !errors.As(err, &option) || option.Option != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := Start(nil); !errors.As(err, &option) {
		t.Errorf("no system: %v", err)
	}
}
