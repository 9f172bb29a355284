package actors_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// when counts the calls of a function of the user's, and panics at the nth.
type when struct {
	nth, calls int
	with       any
}

func (w *when) call() {
	if w.calls++; w.calls == w.nth {
		panic(w.with)
	}
}

// row is a function of the user's that panics, and what comes of it.
type row struct {
	// in is the option that is blamed; "-" if the connection does not fail over it.
	in      string
	options func(w *when) []actors.Option
	// nth are the calls at which it panics.
	nth []int
}

// rows are the functions and interfaces of a client's that are called in the course of
// two epochs, with a message each way, a rotation and a close. Those of the dial have
// their own tests.
func rows() map[string]row {
	return map[string]row{
		"WithIncoming": {"WithIncoming", func(w *when) []actors.Option {
			return []actors.Option{actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received { w.call(); return m }))}
		}, []int{1, 2, 3}},
		"WithOutgoing": {"WithOutgoing", func(w *when) []actors.Option {
			return []actors.Option{actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send { w.call(); return o.Send }))}
		}, []int{1, 2, 3}},
		"WithOnOpen": {"WithOnOpen", func(w *when) []actors.Option {
			return []actors.Option{actors.WithOnOpen(func(uint64) []*messages.Send { w.call(); return nil })}
		}, []int{1, 2, 3}},
		"WithHeartbeatRule, the producer": {"WithHeartbeatRule", func(w *when) []actors.Option {
			return []actors.Option{actors.WithHeartbeatRule(func() actors.Heartbeat {
				w.call()
				return actors.Keepalive{Interval: time.Second, Timeout: time.Second}
			})}
		}, []int{1, 2, 3}},
		"WithHeartbeatRule": {"WithHeartbeatRule", func(w *when) []actors.Option {
			return []actors.Option{actors.WithHeartbeatRule(func() actors.Heartbeat {
				return actors.HeartbeatFunc(func(actors.Signs) actors.Beat { w.call(); return actors.Beat{Next: time.Second} })
			})}
		}, []int{1, 2, 5}},
		"WithHeartbeatRule, nil": {"WithHeartbeatRule", func(w *when) []actors.Option {
			return []actors.Option{actors.WithHeartbeatRule(func() actors.Heartbeat {
				if w.calls++; w.calls == w.nth {
					return nil
				}
				return actors.Keepalive{Interval: time.Second, Timeout: time.Second}
			})}
		}, []int{1, 2}},
		"WithCorrelation": {"WithCorrelation", func(w *when) []actors.Option {
			return []actors.Option{actors.WithCorrelation(func(*messages.Received) (string, bool) { w.call(); return "", false }, 0)}
		}, []int{1, 2}},
		"WithCredentials": {"WithCredentials", func(w *when) []actors.Option {
			return []actors.Option{actors.WithCredentials(func(context.Context) (actors.Credentials, error) { w.call(); return actors.Credentials{}, nil }, 0)}
		}, []int{1, 2, 3}},
		"Classify": {"-", func(w *when) []actors.Option {
			policy := supervisor.Fixed(time.Second)
			policy.Classify = func(error) supervisor.Verdict { w.call(); return supervisor.Retry }
			return []actors.Option{actors.WithPolicy(policy)}
		}, []int{1}},
		"Codec.Decode": {"WithCodec", func(w *when) []actors.Option {
			return []actors.Option{actors.WithCodec(codec{decode: w.call, encode: func() {}})}
		}, []int{1, 2}},
		"Codec.Encode": {"-", func(w *when) []actors.Option {
			return []actors.Option{actors.WithCodec(codec{decode: func() {}, encode: w.call})}
		}, []int{1}},
	}
}

type codec struct{ decode, encode func() }

func (c codec) Encode(value any) (*messages.Send, error) {
	c.encode()
	return messages.Text(value.(string)), nil
}

func (c codec) Decode(m *messages.Received) (any, error) {
	c.decode()
	return string(m.Data), nil
}

// A function of the user's that panics, with whatever value and whenever it is called,
// ends the one epoch, if that: the next opens, a neighbour never notices, and the tree stops.
func TestPanicsOfTheUser(t *testing.T) {
	for name, r := range rows() {
		for _, nth := range r.nth {
			for kind, with := range map[string]any{"text": "boom", "evil": evil{}} {
				t.Run(fmt.Sprint(name, ", call ", nth, ", ", kind), func(t *testing.T) {
					panicsOnce(t, r, &when{nth: nth, with: with})
				})
			}
		}
	}
}

func panicsOnce(t *testing.T, r row, w *when) {
	t.Helper()
	logged(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *lines) {
		elsewhere := wstest.Listen(wstest.Echo)
		defer elsewhere.Close()
		neighbour, others := connect(t, sup, elsewhere)
		wstest.Next[*messages.Opened](t, others)
		conn, events := connect(t, sup, server, append([]actors.Option{
			actors.WithPolicy(supervisor.Fixed(time.Second)), actors.WithHeartbeat(time.Second, time.Second)}, r.options(w)...)...)
		root := sup.System().Root
		for _, step := range []func(){
			func() {},
			func() { root.Send(conn.PID(), messages.Text("plain")) },
			func() { root.Send(conn.PID(), &messages.SendValue{Value: "value"}) },
			func() { root.Send(conn.PID(), &messages.Enqueue{Send: messages.Text("order"), Receipt: true}) },
			conn.Reconnect, // asks for a sign of life
			conn.Rotate,
			func() { root.Send(conn.PID(), messages.Text("after the rotation")) },
			server.Cut,
			func() { root.Send(conn.PID(), messages.Text("after the failure")) },
		} {
			step()
			pass(5 * time.Second)
		}
		if conn.ReadyState() != messages.StateOpen {
			t.Errorf("it is %v", conn.ReadyState())
		}
		closed := closeAndWait(t, conn, events)
		if !closed.Clean || w.calls < w.nth {
			t.Errorf("got %s after %d calls", wstest.Describe(closed), w.calls)
		}
		speaks(t, neighbour, others)
		others.None(t)
		stopInTime(t, sup)
		if found := log.with(slog.LevelError, "panic", r.in); r.in != "-" && len(found) != 1 {
			t.Errorf("logged %d times:\n%s", len(found), log)
		}
	})
}
