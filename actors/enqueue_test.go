package actors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// whileDown returns what a peer reads of what is queued while there is no socket, and
// what the requester is answered.
func whileDown(t *testing.T, queue func(*actors.Conn, *requester), options ...actors.Option) (read []string, answers []any) {
	t.Helper()
	log := newPeerLog()
	inMemory(t, wstest.Status(http.StatusServiceUnavailable, nil), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, options...)
		r := newRequester(sup)
		synctest.Wait()
		queue(conn, r)
		synctest.Wait()
		server.Become(log.peer())
		for { // until it is open
			if _, open := events.Any(t).(*messages.Opened); open {
				break
			}
		}
		synctest.Wait()
		closeAndWait(t, conn, events)
		server.Close()
		for _, socket := range log.all() {
			read = append(read, socket...)
		}
		for len(r.answers) > 0 {
			answers = append(answers, <-r.answers)
		}
	})
	return read, answers
}

func send(t *testing.T, conn *actors.Conn, all ...*messages.Enqueue) {
	t.Helper()
	for _, m := range all {
		if err := conn.Enqueue(m); err != nil {
			t.Error(err)
		}
	}
}

func expect(t *testing.T, got []string, want string) {
	t.Helper()
	if !slices.Equal(got, strings.Fields(want)) {
		t.Errorf("the peer read %v, want %v", got, want)
	}
}

// The latest of a key wins, in the place of the first.
func TestLatestWins(t *testing.T) {
	replaced := 0
	read, answers := whileDown(t, func(conn *actors.Conn, r *requester) {
		for i := range 5000 { // more than the queue holds
			r.request(conn, &messages.Enqueue{Send: messages.Text(fmt.Sprint("BTC", i)), Key: "BTC", Receipt: true})
			synctest.Wait()
			if i == 0 {
				send(t, conn, &messages.Enqueue{Send: messages.Text("other"), Key: "ETH"}, &messages.Enqueue{Send: messages.Text("plain")})
			}
		}
		if n := conn.Queued(); n != 3 {
			t.Errorf("%d messages queued", n)
		}
	})
	expect(t, read, "BTC4999 other plain")
	for _, a := range answers {
		if d, ok := a.(*messages.Dropped); ok && is[*messages.ReplacedError](d.Err) {
			replaced++
		}
	}
	if replaced != 4999 {
		t.Errorf("%d were replaced", replaced)
	}
}

// What is larger than what it replaces must fit.
func TestLatestMustFit(t *testing.T) {
	read, _ := whileDown(t, func(conn *actors.Conn, _ *requester) {
		send(t, conn, &messages.Enqueue{Send: messages.Text("x"), Key: "k"})
		if err := conn.Enqueue(&messages.Enqueue{Send: messages.Text("xxxxxxxxxxx"), Key: "k"}); !is[*messages.QueueFullError](err) {
			t.Errorf("got %v", err)
		}
		send(t, conn, &messages.Enqueue{Send: messages.Text("xxxxxxxxxx"), Key: "k"})
		if n := conn.BufferedAmount(); n != 10 {
			t.Errorf("%d bytes queued", n)
		}
	}, actors.WithQueue(10, 10))
	expect(t, read, "xxxxxxxxxx")
}

// Urgent goes ahead of the others, in its own order.
func TestUrgent(t *testing.T) {
	read, _ := whileDown(t, func(conn *actors.Conn, _ *requester) {
		send(t, conn, &messages.Enqueue{Send: messages.Text("1")}, &messages.Enqueue{Send: messages.Text("2"), Urgent: true},
			&messages.Enqueue{Send: messages.Text("3")}, &messages.Enqueue{Send: messages.Text("4"), Urgent: true},
			&messages.Enqueue{Send: messages.Text("5"), Urgent: true, Key: "k"}, &messages.Enqueue{Send: messages.Text("6"), Key: "k"})
	})
	expect(t, read, "2 4 6 1 3")
}

// What is stale when its turn comes is dropped; the rest is sent.
func TestTTL(t *testing.T) {
	read, answers := whileDown(t, func(conn *actors.Conn, r *requester) {
		r.request(conn, &messages.Enqueue{Send: messages.Text("stale"), TTL: supervisor.DefaultDelay - 1, Receipt: true})
		synctest.Wait()
		send(t, conn, &messages.Enqueue{Send: messages.Text("fresh"), TTL: supervisor.DefaultDelay})
	})
	expect(t, read, "fresh")
	if d, ok := answers[0].(*messages.Dropped); !ok || !is[*messages.ExpiredError](d.Err) {
		t.Errorf("got %+v", answers)
	}
}

// A full queue drops what has a key, oldest first, and keeps the rest.
func TestDropKeyed(t *testing.T) {
	read, _ := whileDown(t, func(conn *actors.Conn, _ *requester) {
		for i := range 9 {
			m := &messages.Enqueue{Send: messages.Text(fmt.Sprint(i))}
			if i%3 == 0 {
				m.Key = fmt.Sprint(i)
			}
			send(t, conn, m)
			synctest.Wait()
		}
		for _, text := range []string{"9", "10"} { // there is nothing left with a key
			if err := conn.Send(messages.Text(text)); !is[*messages.QueueFullError](err) {
				t.Errorf("%s: got %v", text, err)
			}
		}
	}, actors.WithQueue(6, 1000), actors.WithOverflow(actors.DropKeyed))
	expect(t, read, "1 2 4 5 7 8")
}

// Bounds in bytes hold with every policy.
func TestOverflowByBytes(t *testing.T) {
	for overflow, want := range map[actors.Overflow]string{
		actors.RejectNewest: "0aaa 1aaa", actors.DropOldest: "2aaa 3aaa", actors.DropKeyed: "1aaa 3aaa",
	} {
		read, _ := whileDown(t, func(conn *actors.Conn, _ *requester) {
			for i := range 4 {
				m := &messages.Enqueue{Send: messages.Text(fmt.Sprint(i, "aaa"))}
				if overflow == actors.DropKeyed && i%2 == 0 {
					m.Key = fmt.Sprint(i)
				}
				_ = conn.Enqueue(m)
				synctest.Wait()
			}
		}, actors.WithQueue(100, 8), actors.WithOverflow(overflow))
		expect(t, read, want)
	}
}

// Subscriptions restore themselves on every epoch, ahead of what waited.
func TestOnOpenFirst(t *testing.T) {
	log := newPeerLog()
	inMemory(t, log.peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithOnOpen(func(epoch uint64) []*messages.Send {
			return []*messages.Send{messages.Text("login"), messages.Text(fmt.Sprint("subscribe", epoch))}
		}))
		for epoch := range 3 {
			send(t, conn, &messages.Enqueue{Send: messages.Text(fmt.Sprint("queued", epoch)), Urgent: true})
			wstest.Next[*messages.Opened](t, events)
			synctest.Wait()
			server.Cut()
			wstest.Next[*messages.Failed](t, events)
			wstest.Next[*messages.Closed](t, events)
		}
		closeAndWait(t, conn, events)
		server.Close()
		for i, socket := range log.all() {
			expect(t, socket, fmt.Sprintf("login subscribe%d queued%d", i+1, i))
		}
	})
}

// A function that panics, or returns what cannot be sent, fails its epoch.
func TestOnOpenFails(t *testing.T) {
	for name, first := range map[string]actors.OnOpen{
		"panic":   func(uint64) []*messages.Send { panic("no token") },
		"invalid": func(uint64) []*messages.Send { return []*messages.Send{messages.Text("\xff")} },
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				_, events := connect(t, sup, server, actors.WithOnOpen(first))
				for range 2 {
					wstest.Next[*messages.Opened](t, events)
					if f := wstest.Next[*messages.Failed](t, events); !is[*messages.HandlerError](f.Err) {
						t.Errorf("got %v", f.Err)
					}
					if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseInternalError {
						t.Errorf("got %s", wstest.Describe(e))
					}
				}
			})
		})
	}
}

// A flush waits for what was queued before it: also over a reconnect, and no longer.
func TestFlush(t *testing.T) {
	for _, options := range [][]actors.Option{nil, {actors.WithResend()}} {
		log := newPeerLog()
		inMemory(t, log.peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			conn, events := connect(t, sup, server, options...)
			r := newRequester(sup)
			wstest.Next[*messages.Opened](t, events)
			server.Become(wstest.Frozen)
			server.Cut()
			synctest.Wait()
			for range 100 {
				send(t, conn, &messages.Enqueue{Send: messages.Text("x")})
			}
			r.request(conn, &messages.Flush{})
			synctest.Wait()
			send(t, conn, &messages.Enqueue{Send: messages.Text("y"), Urgent: true})
			if n := len(r.answers); n != 0 || conn.Queued() != 101 {
				t.Fatalf("%d answers, %d messages queued", n, conn.Queued())
			}
			server.Become(log.peer())
			if f := answer[*messages.Flushed](t, r); f.Err != nil || conn.Queued() != 0 {
				t.Errorf("got %v, %d messages queued", f.Err, conn.Queued())
			}
			if err := conn.Flush(t.Context()); err != nil { // of nothing
				t.Error(err)
			}
			server.Become(wstest.Frozen)
			server.Cut()
			synctest.Wait()
			r.request(conn, &messages.Flush{})
			send(t, conn, &messages.Enqueue{Send: messages.Text("z")})
			synctest.Wait()
			_ = conn.Close(messages.CloseNormal, "")
			if f := answer[*messages.Flushed](t, r); !is[*messages.ClosedError](f.Err) {
				t.Errorf("got %v", f.Err)
			}
			events.Last(t)
			if err := conn.Flush(t.Context()); !is[*messages.ClosedError](err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What makes no sense is refused, and the refusal is the receipt of who wants one.
func TestEnqueueRefused(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		r := newRequester(sup)
		for want, m := range map[string]*messages.Enqueue{
			"Enqueue.Send": {}, "Enqueue.TTL": {Send: messages.Text("x"), TTL: -1},
		} {
			err := conn.Enqueue(m)
			if option, ok := err.(*messages.OptionError); !ok || option.Option != want {
				t.Errorf("got %v", err)
			}
			r.request(conn, m)
			if rejected := answer[*messages.Rejected](t, r); !is[*messages.OptionError](rejected.Err) {
				t.Errorf("got %+v", rejected)
			}
			m.Receipt = true
			r.request(conn, m)
			if d := answer[*messages.Dropped](t, r); d.Message != m || !is[*messages.OptionError](d.Err) {
				t.Errorf("got %+v", d)
			}
		}
		closeAndWait(t, conn, events)
		if err := conn.Enqueue(order("x")); !is[*messages.ClosedError](err) {
			t.Errorf("got %v", err)
		}
	})
}

// A message of a connection with resend stays in the queue until the peer has read
// it, and no longer: a mute peer fills the queue.
func TestResendIsBounded(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithResend(), actors.WithQueue(10, 1000), actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		for range 10 {
			send(t, conn, &messages.Enqueue{Send: messages.Text("x")})
			synctest.Wait()
		}
		if err := conn.Send(messages.Text("x")); !is[*messages.QueueFullError](err) {
			t.Errorf("got %v", err)
		}
		server.Become(newPeerLog().peer())
		server.Cut()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		wstest.Next[*messages.Opened](t, events)
		pass(time.Second)
		closeAndWait(t, conn, events)
		if n := conn.Queued(); n != 0 {
			t.Errorf("%d messages queued", n)
		}
	})
}

// A close goes on when the last of the queue is not sent, because it is stale or
// nobody waits for its answer.
func TestCloseAfterStale(t *testing.T) {
	var release chan struct{}
	late := wstest.WebSocket(func(ws *websocket.Conn) {
		<-release
		for {
			if _, _, err := ws.Read(context.Background()); err != nil {
				return
			}
		}
	})
	inMemory(t, late, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		release = make(chan struct{}) // of the bubble
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0), actors.WithCloseTimeout(time.Minute))
		wstest.Next[*messages.Opened](t, events)
		send(t, conn, &messages.Enqueue{Send: messages.Text("taken")})
		synctest.Wait()
		r := newRequester(sup)
		r.request(conn, &messages.Ask{ID: "1", Send: messages.Text("x"), Timeout: time.Second})
		synctest.Wait()
		send(t, conn, &messages.Enqueue{Send: messages.Text("x"), TTL: time.Second})
		_ = conn.Close(messages.CloseNormal, "")
		pass(2 * time.Second)
		began := time.Now()
		close(release)
		if e := wstest.Next[*messages.Closed](t, events); !e.Clean || time.Since(began) != 0 || e.Written != 1 {
			t.Errorf("got %s after %v, %d written", wstest.Describe(e), time.Since(began), e.Written)
		}
	})
}

// A receipt that nobody requested is an event.
func TestReceiptEvent(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		receipts := make(chan any, 10)
		sup.System().EventStream.Subscribe(func(event any) {
			if e, ok := event.(*messages.ReceiptEvent); ok {
				receipts <- e.Receipt
			}
		})
		conn, _ := connect(t, sup, server)
		m := order("x")
		send(t, conn, m)
		if w, ok := (<-receipts).(*messages.Written); !ok || w.Message != m {
			t.Errorf("got %+v", w)
		}
	})
}

// A flush whose caller has left is forgotten.
func TestFlushLeft(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, _ := connect(t, sup, server)
		send(t, conn, order("x"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := conn.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// A flush over a reconnect does not wait for what was too late to go again.
func TestFlushOverStaleResend(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithResend(), actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		send(t, conn, &messages.Enqueue{Send: messages.Text("stale"), TTL: time.Second}, &messages.Enqueue{Send: messages.Text("kept")})
		synctest.Wait()
		r := newRequester(sup)
		r.request(conn, &messages.Flush{})
		synctest.Wait()
		server.Become(newPeerLog().peer())
		server.Cut()
		if f := answer[*messages.Flushed](t, r); f.Err != nil || conn.Queued() != 0 {
			t.Errorf("got %v, %d queued", f.Err, conn.Queued())
		}
	})
}

// A close is not held up by what the policy drops last, while the peer has yet to
// confirm the rest.
func TestCloseAfterDropWithResend(t *testing.T) {
	inMemory(t, newPeerLog().peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithResend(), actors.WithQueue(2, 1000), actors.WithOverflow(actors.DropOldest))
		wstest.Next[*messages.Opened](t, events)
		for range 5 {
			_ = conn.Send(messages.Text("x"))
		}
		began := time.Now()
		if e := closeAndWait(t, conn, events); !e.Clean || time.Since(began) != 0 {
			t.Errorf("got %s after %v", wstest.Describe(e), time.Since(began))
		}
	})
}
