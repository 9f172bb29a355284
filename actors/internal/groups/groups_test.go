package groups

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
	"github.com/sockvisor/sockvisor/messages"
)

// out is an Out that notes what it is told.
type out struct {
	root     *actor.RootContext
	crashes  chan *messages.HandlerError
	rejected chan error
}

func (o *out) Send(to *actor.PID, message any) { o.root.Send(to, message) }
func (o *out) Stop(who *actor.PID)             { o.root.Stop(who) }
func (o *out) Poison(who *actor.PID)           { o.root.Poison(who) }
func (o *out) Do(f func())                     { f() }
func (o *out) Crashed(e *messages.HandlerError, _ ...slog.Attr) {
	o.crashes <- e
}
func (o *out) RejectTo(_ actor.Context, why error) { o.rejected <- why }
func (o *out) RejectUnknown(ctx actor.Context) {
	if _, is := ctx.Message().(string); is {
		o.rejected <- fmt.Errorf("unknown: %v", ctx.Message())
	}
}

// conn is the mailbox of a connection: what was broadcast to it goes to its actor.
type conn struct {
	mailbox.Inbox
	out Out
}

func (m *conn) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	m.Inbox.RegisterHandlers(invoker, d)
	m.Release()
}

func (m *conn) Guard(*actor.ActorSystem) mailbox.Guard { return m.out }

func (m *conn) TakeBroadcast(message *messages.Send, now bool) {
	m.Queue.Push(message)
	if now {
		m.RunHere()
	}
}

// trial is groups, with connections.
type trial struct {
	*out
	system *actor.ActorSystem
	groups *actor.PID
}

func newTrial() *trial {
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	o := &out{root: system.Root, crashes: make(chan *messages.HandlerError, 10), rejected: make(chan error, 10)}
	return &trial{out: o, system: system, groups: Start(system, o)}
}

// conn spawns a connection, and returns what is broadcast to it.
func (tr *trial) conn(options ...actor.PropsOption) (*actor.PID, chan string) {
	got := make(chan string, 1000)
	options = append([]actor.PropsOption{actor.WithMailbox(func() actor.Mailbox {
		m := &conn{out: tr.out}
		m.Init(m)
		return m
	})}, options...)
	return tr.root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		if m, is := ctx.Message().(*messages.Send); is {
			got <- string(m.Data)
		}
	}, options...)), got
}

func (tr *trial) join(group string, conns ...*actor.PID) {
	for _, each := range conns {
		tr.root.Send(tr.groups, &messages.Join{Group: group, Conn: each})
	}
}

func (tr *trial) broadcast(group, text string) {
	tr.root.Send(tr.groups, &messages.Broadcast{Group: group, Message: messages.Text(text)})
}

func expect(t *testing.T, got chan string, want ...string) {
	t.Helper()
	for _, each := range want {
		if one := <-got; one != each {
			t.Fatalf("got %q, want %q", one, each)
		}
	}
}

// The members of a group, and nobody else, get what is broadcast, once each and in order;
// whatever kind of actor they are.
func TestBroadcast(t *testing.T) {
	tr := newTrial()
	a, toA := tr.conn()
	b, toB := tr.conn()
	c, toC := tr.conn(actor.WithMailbox(actor.Unbounded())) // of another kind
	tr.join("all", a, b, c, a)
	d, toD := tr.conn()
	tr.join("other", d)
	tr.broadcast("all", "1")
	tr.root.Send(tr.groups, &messages.Broadcast{Group: "all", Message: messages.Text("2"), Except: a})
	tr.broadcast("nobody's", "lost")
	tr.root.Send(tr.groups, &messages.Leave{Group: "all", Conn: b})
	tr.root.Send(tr.groups, &messages.Leave{Group: "all", Conn: b})
	tr.root.Send(tr.groups, &messages.Leave{Group: "nobody's", Conn: b})
	tr.broadcast("all", "3")
	tr.broadcast("other", "4")
	expect(t, toA, "1", "3")
	expect(t, toB, "1", "2")
	expect(t, toD, "4")
	expect(t, toC, "1", "2", "3")
}

// A member that had ended before it joined is sent nothing: it makes no dead letters.
func TestBroadcastToOneThatEnded(t *testing.T) {
	tr := newTrial()
	gone, _ := tr.conn()
	_ = tr.root.StopFuture(gone).Wait()
	tr.system.EventStream.Subscribe(func(event any) {
		if e, is := event.(*actor.DeadLetterEvent); is && e.PID.Equal(gone) {
			if _, is := e.Message.(*messages.Send); is {
				t.Error("a dead letter")
			}
		}
	})
	byHand := &mailboxtest.ByHand{}
	s := tr.root.Spawn(shardProps(tr.out).Clone(actor.WithDispatcher(byHand)))
	for _, each := range []any{&enter{gone}, &messages.Broadcast{Message: messages.Text("1")}} {
		tr.root.Send(s, each)
	}
	byHand.Run()
}

// A group of more than a shard holds reaches all of them, also those that wait behind
// others, and becomes smaller again.
func TestShards(t *testing.T) {
	tr := newTrial()
	const n = shardSize + 10
	conns, to := make([]*actor.PID, n), make([]chan string, n)
	for i := range conns {
		conns[i], to[i] = tr.conn()
	}
	tr.join("all", conns...)
	var want []string
	for i := range 3 * queuedAtMost {
		want = append(want, fmt.Sprint(i))
		tr.broadcast("all", want[i])
	}
	for i := range conns {
		expect(t, to[i], want...)
	}
	for _, each := range conns[1:] {
		tr.root.Send(tr.groups, &messages.Leave{Group: "all", Conn: each})
	}
	tr.broadcast("all", "last")
	expect(t, to[0], "last")
	tr.root.Stop(conns[0])
	tr.gone(t, "groups/") // and with the last member the group
	tr.root.Stop(tr.groups)
	tr.gone(t, "groups")
}

// gone waits until no actor has a name like that.
func (tr *trial) gone(t *testing.T, prefix string) {
	t.Helper()
	left := func() bool {
		for _, bucket := range tr.system.ProcessRegistry.LocalPIDs.LocalPIDs {
			if slices.ContainsFunc(bucket.Keys(), func(id string) bool {
				return strings.HasPrefix(id, "groups") && strings.Contains(id, prefix[len("groups"):])
			}) {
				return true
			}
		}
		return false
	}
	for left() {
		runtime.Gosched()
	}
}

// What was broadcast before a member leaves, or the shard ends, reaches the member, though
// the shard has only queued it.
func TestBroadcastBeforeTheLeave(t *testing.T) {
	for name, last := range map[string]func(*actor.PID) any{
		"leave": func(conn *actor.PID) any { return &exit{conn} },
		"end":   func(*actor.PID) any { return &actor.PoisonPill{} },
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial()
			byHand := &mailboxtest.ByHand{}
			s := tr.root.Spawn(shardProps(tr.out).Clone(actor.WithDispatcher(byHand)))
			a, to := tr.conn(actor.WithDispatcher(actor.NewSynchronizedDispatcher(300))) // it is idle
			for _, each := range []any{&enter{a}, &messages.Broadcast{Message: messages.Text("1")}, last(a)} {
				tr.root.Send(s, each)
			}
			byHand.Run()
			expect(t, to, "1")
		})
	}
}

// Groups that are stopped stop what is below them.
func TestStop(t *testing.T) {
	tr := newTrial()
	a, to := tr.conn()
	gone, _ := tr.conn()
	_ = tr.root.StopFuture(gone).Wait()
	tr.join("all", a, gone)
	tr.join("more", a)
	tr.broadcast("all", "1")
	expect(t, to, "1")
	tr.root.Stop(tr.groups)
	tr.gone(t, "groups")
}

// What makes no sense is rejected.
func TestRejected(t *testing.T) {
	tr := newTrial()
	for _, each := range []any{
		&messages.Join{Group: "all"}, &messages.Leave{Group: "all"}, &messages.Broadcast{Group: "all"},
		&messages.Broadcast{Group: "all", Message: &messages.Send{Type: 99}}, "unknown",
	} {
		tr.root.Send(tr.groups, each)
		if err := <-tr.rejected; err == nil {
			t.Errorf("%T", each)
		}
	}
}

// A fault of this package is logged, and loses no members.
func TestCrash(t *testing.T) {
	tr := newTrial()
	a, to := tr.conn()
	tr.join("all", a)
	tr.root.Send(tr.groups, (*emptied)(nil))
	if e := <-tr.crashes; len(e.Stack) == 0 {
		t.Error("no stack")
	}
	tr.broadcast("all", "1")
	expect(t, to, "1")
}

// A group that is joined while it is about to end stays.
func TestJoinMeetsTheEnd(t *testing.T) {
	tr := newTrial()
	a, to := tr.conn()
	for range 100 {
		tr.join("all", a)
		tr.root.Send(tr.groups, &messages.Leave{Group: "all", Conn: a})
	}
	tr.join("all", a)
	tr.broadcast("all", "1")
	expect(t, to, "1")
}

// A table becomes smaller again.
func TestTable(t *testing.T) {
	var tb table[int, int]
	for i := range 1000 {
		tb.set(i, i)
	}
	for i := range 1000 - tableMinimum {
		tb.remove(i)
	}
	if v, ok := tb.get(999); !ok || v != 999 || tb.size() != tableMinimum || tb.peak > 1000/4 {
		t.Errorf("%d of %d", tb.size(), tb.peak)
	}
	for _, each := range []interface{ IgnoreDeadLetterLogging() }{&emptied{}, &enter{}, &exit{}} {
		each.IgnoreDeadLetterLogging()
	}
}
