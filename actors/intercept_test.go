package actors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// appendIn returns an Incoming that adds to every message.
func appendIn(text string) actors.Incoming {
	return actors.IncomingFunc(func(m *messages.Received) *messages.Received {
		return &messages.Received{Type: m.Type, Data: append(slices.Clone(m.Data), text...)}
	})
}

// appendOut returns an Outgoing that does.
func appendOut(text string) actors.Outgoing {
	return actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
		return messages.TextBytes(append(slices.Clone(o.Send.Data), text...))
	})
}

// Each interceptor sees what the one before it has returned, options after options,
// and what takes a message's place says whose it is.
func TestInterceptorsInOrder(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server,
			actors.WithOutgoing(appendOut("1"), appendOut("2")), actors.WithOutgoing(appendOut("3")),
			actors.WithIncoming(appendIn("4"), appendIn("5")), actors.WithIncoming(appendIn("6")))
		wstest.Next[*messages.Opened](t, events)
		sent := messages.Text("0")
		for range 2 {
			if err := conn.Send(sent); err != nil {
				t.Fatal(err)
			}
			e := wstest.Next[*messages.Received](t, events)
			if string(e.Data) != "0123456" || e.Conn != conn.PID() || e.Epoch != 1 || e.Type != messages.TypeText {
				t.Errorf("got %s", wstest.Describe(e))
			}
		}
		if string(sent.Data) != "0" {
			t.Errorf("the Send was changed to %q", sent.Data)
		}
	})
}

// An Outgoing sees the epoch that a message is written in, which is not that in which
// it was sent, and no heartbeat. What it drops is not written and not counted.
func TestOutgoingSeesEpochAndDrops(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var seen []string
		conn, events := connect(t, sup, server, actors.WithPayloadHeartbeat("0x9", "0x9"),
			actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
				seen = append(seen, fmt.Sprint(o.Epoch, " ", string(o.Send.Data), " ", o.Duplicate, " ", o.Conn != nil))
				if strings.HasPrefix(string(o.Send.Data), "drop") {
					return nil
				}
				return o.Send
			})))
		wstest.Next[*messages.Opened](t, events)
		pass(10 * interval)
		server.Cut()
		synctest.Wait()
		for _, text := range []string{"drop a", "b", "drop c"} {
			if err := conn.Send(messages.Text(text)); err != nil {
				t.Fatal(err)
			}
		}
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		wstest.Next[*messages.Opened](t, events)
		if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "b" {
			t.Errorf("got %s", wstest.Describe(e))
		}
		closed := closeAndWait(t, conn, events)
		if closed.Written != 1 || closed.Dropped != 0 || !closed.Clean {
			t.Errorf("got %+v", closed)
		}
		if want := []string{"2 drop a false true", "2 b false true", "2 drop c false true"}; !slices.Equal(seen, want) {
			t.Errorf("seen %q", seen)
		}
	})
}

// What is dropped when a connection closes does not keep it from closing.
func TestOutgoingDropsTheLastBeforeClose(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		dropAll := actors.OutgoingFunc(func(actors.Outbound) *messages.Send { return nil })
		conn, events := connect(t, sup, server, actors.WithOutgoing(dropAll))
		wstest.Next[*messages.Opened](t, events)
		for range 10 {
			sup.System().Root.Send(conn.PID(), messages.Text("x"))
		}
		if e := closeAndWait(t, conn, events); !e.Clean || e.Written != 0 {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// A broadcast passes the Outgoing of each member, too, on every path to the socket.
func TestOutgoingSeesBroadcasts(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		root := sup.System().Root
		groups := actors.StartGroups(sup.System())
		defer root.Stop(groups)
		plain, plainEvents := connect(t, sup, server)
		marked, markedEvents := connect(t, sup, server, actors.WithOutgoing(appendOut("!")))
		wstest.Next[*messages.Opened](t, plainEvents)
		wstest.Next[*messages.Opened](t, markedEvents)
		root.Send(groups, &messages.Join{Group: "g", Conn: plain.PID()})
		root.Send(groups, &messages.Join{Group: "g", Conn: marked.PID()})
		for range 3 {
			root.Send(groups, &messages.Broadcast{Group: "g", Message: messages.Text("hi")})
			if e := wstest.Next[*messages.Received](t, plainEvents); string(e.Data) != "hi" {
				t.Errorf("got %s", wstest.Describe(e))
			}
			if e := wstest.Next[*messages.Received](t, markedEvents); string(e.Data) != "hi!" {
				t.Errorf("got %s", wstest.Describe(e))
			}
		}
	})
}

// What an Incoming drops never counts against the handler's credit, and what it
// replaces counts as what it replaces: all that is left arrives.
func TestIncomingAndCredit(t *testing.T) {
	var sent atomic.Int64
	inMemory(t, flood(&sent), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithMaxUnhandled(7),
			actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received {
				switch m.Data[0] % 3 {
				case 0:
					return nil
				case 1:
					return m
				default:
					return &messages.Received{Type: m.Type, Data: m.Data}
				}
			})))
		wstest.Next[*messages.Opened](t, events)
		for i := range flooded {
			if byte(i)%3 == 0 {
				continue
			}
			if e := wstest.Next[*messages.Received](t, events); e.Data[0] != byte(i) {
				t.Fatalf("got %s, want %d", wstest.Describe(e), i)
			}
		}
		closeAndWait(t, conn, events)
	})
}

// blames checks that an epoch ended because of what an option brought.
func blames(t *testing.T, events *wstest.Recorder, option string) {
	t.Helper()
	e := wstest.Next[*messages.Failed](t, events)
	var failure *messages.HandlerError
	if !errors.As(e.Err, &failure) || failure.In != option || failure.Reason == nil {
		t.Errorf("got %v", e.Err)
	}
	if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseInternalError || !e.WillRetry {
		t.Errorf("got %s", wstest.Describe(e))
	}
}

// An Incoming that panics fails its own connection, wherever it is that the message
// is read: the peer is told 1011, and the policy says when to reconnect.
func TestIncomingThatPanics(t *testing.T) {
	for name, size := range map[string]int{"small": 1, "larger than the intake": 100 << 10} {
		codes := make(chan websocket.StatusCode, 1)
		peer := wstest.WebSocket(func(ws *websocket.Conn) {
			_ = ws.Write(context.Background(), websocket.MessageBinary, make([]byte, size))
			_, _, err := ws.Read(context.Background())
			codes <- websocket.CloseStatus(err)
		})
		panics := actors.WithIncoming(actors.IncomingFunc(func(*messages.Received) *messages.Received { panic("boom") }))
		test := func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			conn, events := connect(t, sup, server, panics)
			wstest.Next[*messages.Opened](t, events)
			blames(t, events, "WithIncoming")
			if code := <-codes; code != websocket.StatusInternalError {
				t.Errorf("the peer was told %v", code)
			}
			closeAndWait(t, conn, events)
		}
		t.Run(name+", in memory", func(t *testing.T) { inMemory(t, peer, test) })
		t.Run(name+", on loopback", func(t *testing.T) { onLoopback(t, peer, test) })
	}
}

// An Outgoing that panics, or makes what may not be sent, likewise; the next message
// is written on the next socket.
func TestOutgoingThatPanics(t *testing.T) {
	for name, bad := range map[string]func() *messages.Send{
		"panic":   func() *messages.Send { panic("boom") },
		"no text": func() *messages.Send { return messages.TextBytes([]byte{0xff}) },
		"no type": func() *messages.Send { return &messages.Send{} },
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server,
					actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
						if string(o.Send.Data) == "bad" {
							return bad()
						}
						return o.Send
					})))
				wstest.Next[*messages.Opened](t, events)
				for _, text := range []string{"bad", "good"} {
					if err := conn.Send(messages.Text(text)); err != nil {
						t.Fatal(err)
					}
				}
				blames(t, events, "WithOutgoing")
				wstest.Next[*messages.Opened](t, events)
				if e := wstest.Next[*messages.Received](t, events); string(e.Data) != "good" {
					t.Errorf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// One that panics while the connection closes ends it at once, for good.
func TestOutgoingThatPanicsWhileClosing(t *testing.T) {
	var release chan struct{}
	peer := func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err == nil {
			<-release
			_, _ = io.Copy(io.Discard, conn)
		}
	}
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		release = make(chan struct{})
		conn, events := connect(t, sup, server,
			actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
				if string(o.Send.Data) == "bad" {
					panic("boom")
				}
				return o.Send
			})))
		wstest.Next[*messages.Opened](t, events)
		for _, text := range []string{"waits for the peer", "bad"} {
			if err := conn.Send(messages.Text(text)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := conn.Close(0, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		close(release)
		closing := time.Now()
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.HandlerError](e.Err) {
			t.Errorf("got %s", wstest.Describe(e))
		}
		if e := wstest.Next[*messages.Closed](t, events); e.WillRetry || e.Clean || e.Code != messages.CloseInternalError {
			t.Errorf("got %s", wstest.Describe(e))
		}
		if took := time.Since(closing); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}
