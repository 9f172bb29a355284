package actors_test

import (
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// pinged is a peer that answers each ping after its delay, and none once they have
// run out. It says how long after the upgrade each came.
func pinged(at chan<- time.Duration, delays ...time.Duration) wstest.Peer {
	return func(conn net.Conn) {
		reader, err := wstest.Upgrade(conn)
		if err != nil {
			return
		}
		upgraded := time.Now()
		for {
			frame := make([]byte, 14) // ping of 8 bytes, masked
			if _, err := io.ReadFull(reader, frame); err != nil || frame[0] != 0x89 {
				return
			}
			at <- time.Since(upgraded)
			if len(delays) == 0 {
				continue
			}
			for i := range frame[6:] {
				frame[6+i] ^= frame[2+i%4]
			}
			pass(delays[0])
			delays = delays[1:]
			_, _ = conn.Write(wstest.Frame(0x8a, frame[6:]))
		}
	}
}

// A rule decides when to ping, from the round trips, and when and why to give up.
func TestHeartbeatRuleFollowsRTT(t *testing.T) {
	const ms = time.Millisecond
	at := make(chan time.Duration, 100)
	inMemory(t, pinged(at, 100*ms, 200*ms, 300*ms, 300*ms, 200*ms), func(
		t *testing.T, sup *supervisor.Supervisor, server *wstest.Server,
	) {
		_, events := connect(t, sup, server, actors.WithHeartbeatRule(func() actors.Heartbeat { return &attentive{} }))
		wstest.Next[*messages.Opened](t, events)
		opened := time.Now()
		pass(time.Minute)
		e := wstest.Next[*messages.Failed](t, events)
		if took := time.Since(opened); took != 66*time.Second || !errors.Is(e.Err, errNoPong) || !is[*messages.HeartbeatError](e.Err) {
			t.Errorf("%v after %v", e.Err, took)
		}
		for _, want := range []time.Duration{20, 21, 22, 23, 43, 63} {
			if got := <-at; got != want*time.Second {
				t.Errorf("pinged at %v, not %v s", got, want)
			}
		}
		if e := wstest.Next[*messages.Closed](t, events); !e.WillRetry || e.Code != messages.CloseAbnormal {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// A peer whose program is stuck still answers pings: its library does. A rule may
// take messages alone for life.
func TestHeartbeatRuleOfMessagesAlone(t *testing.T) {
	stuck := errors.New("nothing said for half a minute")
	rule := actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
		if left := s.Message + 30*time.Second - s.Now; left > 0 {
			return actors.Beat{Ping: true, Next: min(left, 10*time.Second)}
		}
		return actors.Beat{Fail: stuck}
	})
	peer := func(conn net.Conn) {
		go func() {
			pass(20 * time.Second)
			_, _ = conn.Write(wstest.Frame(0x82, []byte("x")))
		}()
		pongs(0)(conn)
	}
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithHeartbeatRule(func() actors.Heartbeat { return rule }))
		wstest.Next[*messages.Opened](t, events)
		opened := time.Now()
		wstest.Next[*messages.Received](t, events)
		e := wstest.Next[*messages.Failed](t, events)
		if took := time.Since(opened); took != 50*time.Second || !errors.Is(e.Err, stuck) {
			t.Errorf("%v after %v", e.Err, took)
		}
	})
}

// numbered wraps the built-in rule: what it would ping with is a numbered message.
type numbered struct {
	actors.Keepalive
	n int
}

func (r *numbered) Beat(s actors.Signs) actors.Beat {
	beat := r.Keepalive.Beat(s)
	if beat.Ping {
		r.n++
		beat.Payload = messages.Text("beat " + strconv.Itoa(r.n))
	}
	return beat
}

// A payload of a rule goes out at once, and its answer is a message. Every socket
// has a rule of its own.
func TestHeartbeatRuleWithPayload(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithHeartbeatRule(func() actors.Heartbeat {
			return &numbered{Keepalive: actors.Keepalive{Interval: 30 * time.Second, Timeout: time.Second}}
		}))
		for range 2 {
			wstest.Next[*messages.Opened](t, events)
			opened := time.Now()
			for i := 1; i <= 3; i++ {
				e := wstest.Next[*messages.Received](t, events)
				if took := time.Since(opened); string(e.Data) != "beat "+strconv.Itoa(i) || took != time.Duration(i)*30*time.Second {
					t.Errorf("got %s after %v", wstest.Describe(e), took)
				}
			}
			server.Cut()
			wstest.Next[*messages.Failed](t, events)
			if e := wstest.Next[*messages.Closed](t, events); e.Written != 0 {
				t.Errorf("%d of the user's written", e.Written)
			}
		}
	})
}

// A rule that panics, or sends what may not be sent, harms its own connection only,
// which says whose fault it was.
func TestHeartbeatRuleThatPanics(t *testing.T) {
	for name, rule := range map[string]func(actors.Signs) actors.Beat{
		"at once": func(actors.Signs) actors.Beat { panic("boom") },
		"later": func(s actors.Signs) actors.Beat {
			if s.Now > 0 {
				panic("boom")
			}
			return actors.Beat{Next: time.Second}
		},
		"no text": func(actors.Signs) actors.Beat {
			return actors.Beat{Ping: true, Payload: messages.TextBytes([]byte{0xff})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				_, others := connect(t, sup, server)
				_, events := connect(t, sup, server,
					actors.WithHeartbeatRule(func() actors.Heartbeat { return actors.HeartbeatFunc(rule) }))
				wstest.Next[*messages.Opened](t, others)
				for range 2 {
					wstest.Next[*messages.Opened](t, events)
					e := wstest.Next[*messages.Failed](t, events)
					var failure *messages.HandlerError
					if !errors.As(e.Err, &failure) || failure.In != "WithHeartbeatRule" || failure.Reason == nil {
						t.Errorf("got %v", e.Err)
					}
					if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseInternalError || !e.WillRetry {
						t.Errorf("got %s", wstest.Describe(e))
					}
				}
				others.None(t)
			})
		})
	}
}

// A rule that does not say when is asked again after the least time, not at once.
func TestHeartbeatRuleDoesNotSpin(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var asked []time.Duration
		_, events := connect(t, sup, server, actors.WithCloseTimeout(time.Millisecond),
			actors.WithHeartbeatRule(func() actors.Heartbeat {
				return actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
					asked = append(asked, s.Now)
					return actors.Beat{Next: -1}
				})
			}))
		wstest.Next[*messages.Opened](t, events)
		pass(3 * actors.MinBeat)
		synctest.Wait()
		if want := []time.Duration{0, actors.MinBeat, 2 * actors.MinBeat, 3 * actors.MinBeat}; !slices.Equal(asked, want) {
			t.Errorf("asked at %v", asked)
		}
	})
}

// What wraps the built-in rule finds a silent peer as that does.
func TestHeartbeatRuleWithPayloadFindsSilentPeer(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithHeartbeatRule(func() actors.Heartbeat {
			return &numbered{Keepalive: actors.Keepalive{Interval: 30 * time.Second, Timeout: time.Second}}
		}))
		wstest.Next[*messages.Opened](t, events)
		opened := time.Now()
		e := wstest.Next[*messages.Failed](t, events)
		var dead *messages.HeartbeatError
		if took := time.Since(opened); took != 31*time.Second || !errors.As(e.Err, &dead) || dead.After != time.Second {
			t.Errorf("%v after %v", e.Err, took)
		}
	})
}
