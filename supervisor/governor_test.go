package supervisor

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// turns is an actor that stands for many connections: it notes when it gets a turn.
type turns struct {
	pid      *actor.PID
	governor *actor.PID
	at       chan time.Time
	over     time.Duration // after which each dial ends; negative: never
}

func (x *turns) Receive(ctx actor.Context) {
	m, ok := ctx.Message().(*child.Turn)
	if !ok {
		return
	}
	x.at <- time.Now()
	if x.over >= 0 {
		root, done := ctx.ActorSystem().Root, &child.DialOver{Conn: ctx.Self(), Number: m.Number}
		time.AfterFunc(x.over, func() { root.Send(x.governor, done) })
	}
}

func newTurns(sup *Supervisor, over time.Duration) *turns {
	x := &turns{governor: sup.governor, at: make(chan time.Time, 200_000), over: over}
	x.pid = sup.System().Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return x }))
	return x
}

// ask asks for n turns, numbered from an epoch.
func (x *turns) ask(sup *Supervisor, host string, from, n int) {
	for i := range n {
		sup.System().Root.Send(sup.governor, &child.Dial{Conn: x.pid, Number: uint64(from + i), Host: host})
	}
}

func (x *turns) leave(sup *Supervisor, number int) {
	sup.System().Root.Send(sup.governor, &child.DialOver{Conn: x.pid, Number: uint64(number)})
}

func dials(t *testing.T, sup *Supervisor) *messages.InspectedDials {
	t.Helper()
	got := make(chan *messages.InspectedDials, 1)
	root := sup.System().Root
	asker := root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.InspectedDials); ok {
			got <- m
		}
	}))
	defer root.Stop(asker)
	root.RequestWithCustomSender(sup.PID(), &messages.InspectDials{}, asker)
	return <-got
}

// Ten thousand connections that lose one server at once: in no second are there more
// attempts than the rate and its burst, nor more at a time than may be, and all have
// their turn as soon as the rate allows.
func TestGovernorKeepsToItsRate(t *testing.T) {
	const n, perSecond, burst = 10_000, 500, 50
	empty(t, func(t *testing.T, sup *Supervisor) {
		x := newTurns(sup, 10*time.Millisecond)
		began := time.Now()
		x.ask(sup, "a", 0, n)
		for range 100 {
			pass(250 * time.Millisecond)
			if d := dials(t, sup); d.Dialling > 20 || d.Hosts["a"].Dialling > 20 {
				t.Fatalf("%d at a time", d.Dialling)
			}
		}
		if len(x.at) != n {
			t.Fatalf("%d had their turn", len(x.at))
		}
		times := make([]time.Time, n)
		for i := range times {
			times[i] = <-x.at
		}
		for i, first := 0, 0; i < n; i++ { // every window of a second
			for times[i].Sub(times[first]) >= time.Second {
				first++
			}
			if in := i - first + 1; in > perSecond+burst {
				t.Fatalf("%d attempts in the second before %v", in, times[i].Sub(began))
			}
		}
		if took := times[n-1].Sub(began); took > 20*time.Second {
			t.Errorf("the last had its turn after %v", took)
		}
		if d := dials(t, sup); d.Dialling != 0 || d.Waiting != 0 || len(d.Hosts) != 0 {
			t.Errorf("left: %+v", d)
		}
	}, WithHostDialRate(perSecond, burst), WithMaxDials(100, 20))
}

// The rate of all holds over many hosts.
func TestGovernorRateOfAll(t *testing.T) {
	empty(t, func(t *testing.T, sup *Supervisor) {
		x := newTurns(sup, 0)
		for host := range 100 {
			x.ask(sup, fmt.Sprint(host), 10*host, 10)
		}
		pass(time.Second)
		if n := len(x.at); n < 100 || n > 111 {
			t.Errorf("%d in the first second", n)
		}
		pass(9 * time.Second)
		if n := len(x.at); n != 1000 {
			t.Errorf("%d in all", n)
		}
	}, WithDialRate(100, 10))
}

// A host with thousands in the queue, none of which is answered, delays nobody who
// wants to go elsewhere.
func TestGovernorIsFair(t *testing.T) {
	empty(t, func(t *testing.T, sup *Supervisor) {
		lost, other := newTurns(sup, -1), newTurns(sup, 0)
		lost.ask(sup, "lost", 0, 5000)
		pass(time.Minute)
		if n := len(lost.at); n != 50 {
			t.Errorf("%d at a time", n)
		}
		asked := time.Now()
		other.ask(sup, "other", 0, 1)
		if at := <-other.at; !at.Equal(asked) {
			t.Errorf("waited for %v", at.Sub(asked))
		}
	}, WithMaxDials(100, 50))
}

// Who leaves the queue is not given a turn; a place that is given back twice is one.
func TestGovernorLeaving(t *testing.T) {
	empty(t, func(t *testing.T, sup *Supervisor) {
		x := newTurns(sup, -1)
		x.ask(sup, "a", 0, 10)
		synctest.Wait()
		for epoch := 2; epoch < 10; epoch++ {
			x.leave(sup, epoch)
			x.leave(sup, epoch)
		}
		if d := dials(t, sup); d.Dialling != 2 || d.Waiting != 0 {
			t.Errorf("got %+v", d)
		}
		for range 3 {
			x.leave(sup, 0)
		}
		x.ask(sup, "a", 100, 5)
		synctest.Wait()
		if d := dials(t, sup); d.Dialling != 2 || d.Waiting != 4 || len(x.at) != 3 {
			t.Errorf("got %+v, %d turns", d, len(x.at))
		}
	}, WithMaxDials(2, 2))
}

// Hosts that nobody dials any more are forgotten.
func TestGovernorForgetsHosts(t *testing.T) {
	g := newGovernor(nil, defaultDialLimits())
	synctest.Test(t, func(t *testing.T) {
		for i := range 10_000 {
			m := &child.Dial{Conn: actor.NewPID("x", "x"), Number: uint64(i), Host: fmt.Sprint(i)}
			g.enqueue(m)
			g.over(dialKey{"x", uint64(i)})
			g.next(time.Now())
		}
	})
	if n := len(g.hosts); n > 128 {
		t.Errorf("%d hosts", n)
	}
}

// A hundred thousand policies that fail together, and keep failing, behind one
// governor: no second has more attempts than it allows.
func TestStormOfPolicies(t *testing.T) {
	const n, perSecond, burst, length = 100_000, 2000, 200, 20
	empty(t, func(t *testing.T, sup *Supervisor) {
		policy, random := Exponential(time.Second, 2, 30*time.Second), rand.New(rand.NewPCG(1, 2))
		x, root := newTurns(sup, 0), sup.System().Root
		type attempt struct {
			due  time.Duration
			dial *child.Dial
		}
		var all []attempt
		for i := range n {
			due := time.Duration(0)
			for number := 1; due <= length*time.Second; number++ {
				all = append(all, attempt{due, &child.Dial{Conn: x.pid, Number: uint64(number)<<32 | uint64(i), Host: "a"}})
				delay, err := policy.Next(Failures{Attempts: number}, random)
				if err != nil {
					t.Fatal(err)
				}
				due += delay
			}
		}
		slices.SortFunc(all, func(a, b attempt) int { return cmp.Compare(a.due, b.due) })
		began := time.Now()
		for _, each := range all {
			pass(each.due - time.Since(began))
			root.Send(sup.governor, each.dial)
		}
		pass(length*time.Second - time.Since(began))
		count := [length + 1]int{}
		for len(x.at) > 0 {
			count[(<-x.at).Sub(began)/time.Second]++
		}
		for second, attempts := range count[:length] {
			if attempts > perSecond+burst || attempts < perSecond*9/10 && second > 0 {
				t.Errorf("%d attempts in second %d", attempts, second)
			}
		}
	}, WithHostDialRate(perSecond, burst))
}

// Options that make no sense are refused by name.
func TestDialLimitsRefused(t *testing.T) {
	for option, bad := range map[string][]Option{
		"WithDialRate":     {WithDialRate(0, 1), WithDialRate(1, 0), WithDialRate(-1, 1)},
		"WithHostDialRate": {WithHostDialRate(0, 1), WithHostDialRate(1, 0)},
		"WithMaxDials":     {WithMaxDials(0, 1), WithMaxDials(1, 0)},
	} {
		for _, o := range bad {
			_, err := newConfig([]Option{o})
			if refused, ok := err.(*messages.OptionError); !ok || refused.Option != option {
				t.Errorf("%s: %v", option, err)
			}
		}
	}
}
