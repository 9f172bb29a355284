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
	"github.com/sockvisor/sockvisor/supervisor/child"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets virtual time pass.
func pass(d time.Duration) { time.Sleep(d) }

// fake is a child that fails when told, and notes what happens to it.
type fake struct {
	starts    chan time.Time
	decisions chan *child.Decision
	answers   chan string
	deaf      bool // to Close
}

type (
	fail struct{ reason any }
	ask  struct{}
)

func newFake() *fake {
	return &fake{
		starts: make(chan time.Time, 100_000), decisions: make(chan *child.Decision, 100_000), answers: make(chan string, 10),
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
	case *child.Decision:
		f.decisions <- m
	case *messages.Close:
		if !f.deaf {
			ctx.Send(ctx.Parent(), &child.Finished{Conn: ctx.Self()})
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
		pid, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return child }))
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
	return &fail{&child.Failure{Epoch: epoch, Uptime: uptime, Err: errors.New("broken")}}
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
		pid, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return child }))
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
	inTree(t, Policy{Classify: func(error) Verdict { panic("policy") }},
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
		if _, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return child })); !errors.As(err, &stopped) {
			t.Errorf("spawn after stop: %v", err)
		}
	})
}

func TestSpawnRefuses(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, sup *Supervisor, _ *fake, _ func(any)) {
		var option *messages.OptionError
		if _, err := sup.Tree(nil).Spawn(nil); !errors.As(err, &option) {
			t.Errorf("got %v", err)
		}
		if n := sup.Running(); n != 1 {
			t.Errorf("%d running", n)
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

// empty starts a tree without children, in virtual time.
func empty(t *testing.T, test func(*testing.T, *Supervisor), options ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) }) // protoactor counts dead letters for a second
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		sup, err := Start(system, options...)
		if err != nil {
			t.Fatal(err)
		}
		test(t, sup)
		if err := sup.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// spawnFake spawns a fake child and waits for its start.
func spawnFake(t *testing.T, sup *Supervisor) (*fake, *actor.PID) {
	t.Helper()
	child := newFake()
	pid, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return child }))
	if err != nil {
		t.Fatal(err)
	}
	<-child.starts
	return child, pid
}

// Stop of a tree without children takes no time.
func TestStopEmpty(t *testing.T) {
	empty(t, func(t *testing.T, sup *Supervisor) {
		began := time.Now()
		if err := sup.Stop(context.Background()); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Panics of no known type count as attempts.
func TestUntypedPanicsCount(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, _ *Supervisor, child *fake, send func(any)) {
		for want := 1; want <= 3; want++ {
			send(&fail{"bug"})
			if d := <-child.decisions; d.Attempt != want {
				t.Errorf("attempt %d, want %d", d.Attempt, want)
			}
			<-child.starts
		}
	})
}

// A policy that panics, and a restart, leave the siblings of the shard alone.
func TestSiblingsAreLeftAlone(t *testing.T) {
	empty(t, func(t *testing.T, sup *Supervisor) {
		bad, pid := spawnFake(t, sup)
		sibling, other := spawnFake(t, sup)
		sup.System().Root.Send(pid, failure(1, 0))
		<-bad.starts
		sup.System().Root.Send(other, &ask{})
		synctest.Wait()
		if len(sibling.answers) != 1 || len(sibling.starts) != 0 || sup.Running() != 2 {
			t.Errorf("%d answers, %d restarts, %d running", len(sibling.answers), len(sibling.starts), sup.Running())
		}
	}, WithShards(1), WithPolicy(Policy{Classify: func(error) Verdict { panic("policy") }}))
}

// A child that is up and is stopped from outside is forgotten.
func TestStopOfALiveChildFromOutside(t *testing.T) {
	empty(t, func(t *testing.T, sup *Supervisor) {
		child, pid := spawnFake(t, sup)
		sup.System().Root.Stop(pid)
		pass(time.Hour)
		if n := sup.Running(); n != 0 || len(child.starts) != 0 {
			t.Errorf("%d running, %d restarts", n, len(child.starts))
		}
	})
}

// Stop while a restart is pending starts no zombie.
func TestStopOfATreeThatWaits(t *testing.T) {
	inTree(t, Policy{}, func(t *testing.T, sup *Supervisor, child *fake, send func(any)) {
		send(failure(1, 0))
		if err := sup.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		pass(time.Hour)
		if len(child.starts) != 0 || sup.Running() != 0 {
			t.Errorf("%d restarts, %d running", len(child.starts), sup.Running())
		}
	})
}

// parent counts what a strategy asks of it.
type parent struct {
	actor.Supervisor
	resumed, restarted int
}

func (p *parent) ResumeChildren(...*actor.PID)  { p.resumed++ }
func (p *parent) RestartChildren(...*actor.PID) { p.restarted++ }

// Ten thousand failures in a row leave one child and no pending restart.
func TestStrategyLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { pass(2 * time.Second) })
		system := actor.NewActorSystem(actor.WithLoggerFactory(
			func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		who, p := actor.NewPID("local", "child"), &parent{}
		s := newStrategy(child.Contain(system), actor.NewPID("local", "shard"))
		policy := Fixed(time.Hour)
		c := &supervised{pid: who, policy: &policy}
		s.children[who.Id] = c
		for epoch := range uint64(10_000) {
			s.HandleFailure(system, p, who, nil, &child.Failure{Epoch: epoch}, nil)
			c.restart.Stop()
			s.restartNow(&restartDue{child: who.Id, epoch: epoch})
		}
		if len(s.children) != 1 || c.restart != nil || p.resumed != 10_000 || p.restarted != 10_000 {
			t.Errorf("%d children, %d resumed, %d restarted", len(s.children), p.resumed, p.restarted)
		}
	})
}

// A timer of an earlier failure restarts nothing.
func TestStaleTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		who, p := actor.NewPID("local", "child"), &parent{}
		s := newStrategy(nil, nil)
		s.parent = p
		c := &supervised{pid: who, epoch: 2, restart: time.AfterFunc(time.Hour, func() {})}
		t.Cleanup(func() { c.restart.Stop() })
		s.children[who.Id] = c
		s.restartNow(&restartDue{child: who.Id, epoch: 1})
		if p.restarted != 0 || c.restart == nil {
			t.Error("restarted")
		}
	})
}

// slow is a fake that takes an hour to stop.
type slow struct{ *fake }

func (s slow) Receive(ctx actor.Context) {
	if _, ok := ctx.Message().(*actor.Stopping); ok {
		pass(time.Hour)
	}
	s.fake.Receive(ctx)
}

// A restart that falls due while its child is stopping is not made: it would
// make an actor that nobody can stop.
func TestNoRestartOfWhatIsStopping(t *testing.T) {
	for name, stop := range map[string]func(sup *Supervisor, pid *actor.PID){
		"the child finished": func(sup *Supervisor, pid *actor.PID) {
			sup.System().Root.Send(pid, &messages.Close{})
		},
		"the tree is stopped from outside": func(sup *Supervisor, _ *actor.PID) {
			sup.System().Root.Stop(sup.PID())
		},
	} {
		t.Run(name, func(t *testing.T) {
			empty(t, func(t *testing.T, sup *Supervisor) {
				child := slow{newFake()}
				pid, err := sup.Tree(nil).Spawn(actor.PropsFromProducer(func() actor.Actor { return child }))
				if err != nil {
					t.Fatal(err)
				}
				<-child.starts
				sup.System().Root.Send(pid, failure(1, 0))
				synctest.Wait()
				stop(sup, pid)
				pass(3 * time.Hour)
				if len(child.decisions) != 1 || len(child.starts) != 0 {
					t.Errorf("%d decisions, %d restarts", len(child.decisions), len(child.starts))
				}
			})
		})
	}
}
