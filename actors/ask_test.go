package actors_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// answering is a peer that answers what reply says, which is nothing if empty.
func answering(reply func(string) string) wstest.Peer {
	return wstest.WebSocket(func(ws *websocket.Conn) {
		for {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			if text := reply(string(data)); text != "" && ws.Write(context.Background(), websocket.MessageText, []byte(text)) != nil {
				return
			}
		}
	})
}

// id takes "answer ID ..." for an answer.
func id(m *messages.Received) (string, bool) {
	words := strings.Fields(string(m.Data))
	if len(words) < 2 || words[0] != "answer" {
		return "", false
	}
	return words[1], true
}

func ask(id string) *messages.Ask {
	return &messages.Ask{ID: id, Send: messages.Text("question " + id), Timeout: 3 * time.Second}
}

var politely = answering(func(text string) string {
	switch words := strings.Fields(text); words[0] {
	case "question":
		return "answer " + words[1]
	default:
		return text
	}
})

// An answer goes to who asked, actor or goroutine; everything else to the handler,
// also an answer that nobody waits for.
func TestAsk(t *testing.T) {
	inMemory(t, politely, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0))
		r := newRequester(sup)
		one := ask("1")
		r.request(conn, one) // before it is open
		if a := answer[*messages.Answer](t, r); a.Err != nil || a.Ask != one || string(a.Received.Data) != "answer 1" || a.Received.Epoch != 1 {
			t.Errorf("got %+v", a)
		}
		if received, err := conn.Ask(t.Context(), ask("2")); err != nil || string(received.Data) != "answer 2" {
			t.Errorf("got %v, %v", received, err)
		}
		wstest.Next[*messages.Opened](t, events)
		events.None(t)
		for _, text := range []string{"hello", "answer 1"} {
			if err := conn.Send(messages.Text(text)); err != nil {
				t.Error(err)
			}
			if m := wstest.Next[*messages.Received](t, events); string(m.Data) != text {
				t.Errorf("got %s", wstest.Describe(m))
			}
		}
	})
}

// What a handler does not get does not count as unhandled.
func TestAnswersAreNotTheHandlers(t *testing.T) {
	inMemory(t, politely, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, _ := connect(t, sup, server, actors.WithCorrelation(id, 1), actors.WithMaxUnhandled(2))
		for i := range 100 {
			if _, err := conn.Ask(t.Context(), ask(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// An ask fails when its time is over, to the moment, wherever it is; when its epoch
// ends, at once; when the connection closes, at once; and never twice.
func TestAskFails(t *testing.T) {
	silent := answering(func(string) string { return "" })
	inMemory(t, silent, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0))
		r := newRequester(sup)
		wstest.Next[*messages.Opened](t, events)

		began := time.Now()
		_, err := conn.Ask(t.Context(), ask("1"))
		if timeout := new(messages.AskTimeoutError); !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := conn.Ask(ctx, ask("2")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}

		r.request(conn, ask("3"))
		r.request(conn, ask("3"))
		if a := answer[*messages.Answer](t, r); !is[*messages.DuplicateAskError](a.Err) {
			t.Errorf("got %v", a.Err)
		}
		cut := time.Now()
		server.Become(wstest.Frozen)
		server.Cut()
		if a := answer[*messages.Answer](t, r); !is[*messages.AnswerLostError](a.Err) || !is[*messages.ReadError](a.Err) || time.Since(cut) != 0 {
			t.Errorf("got %v after %v", a.Err, time.Since(cut))
		}

		r.request(conn, ask("4")) // there is no socket
		if a := answer[*messages.Answer](t, r); !is[*messages.AskTimeoutError](a.Err) || time.Since(cut) != 3*time.Second {
			t.Errorf("got %v after %v", a.Err, time.Since(cut))
		}
		r.request(conn, ask("5"))
		synctest.Wait()
		_ = conn.Close(messages.CloseNormal, "")
		if a := answer[*messages.Answer](t, r); !is[*messages.ClosedError](a.Err) {
			t.Errorf("got %v", a.Err)
		}
		events.Last(t)
		if _, err := conn.Ask(t.Context(), ask("6")); !is[*messages.ClosedError](err) {
			t.Errorf("got %v", err)
		}
		pass(time.Minute)
		if n := len(r.answers); n != 0 {
			t.Errorf("%d more answers", n)
		}
	})
}

// A close while an answer is awaited does not wait for it.
func TestAskMeetsClose(t *testing.T) {
	inMemory(t, answering(func(string) string { return "" }), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0))
		r := newRequester(sup)
		wstest.Next[*messages.Opened](t, events)
		r.request(conn, ask("1"))
		synctest.Wait()
		closeAndWait(t, conn, events)
		if a := answer[*messages.Answer](t, r); !is[*messages.ClosedError](a.Err) {
			t.Errorf("got %v", a.Err)
		}
	})
}

func TestAskRefused(t *testing.T) {
	inMemory(t, answering(func(string) string { return "" }), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		plain, _ := connect(t, sup, server)
		conn, _ := connect(t, sup, server, actors.WithCorrelation(id, 2))
		r := newRequester(sup)
		if _, err := plain.Ask(t.Context(), ask("1")); !is[*messages.OptionError](err) {
			t.Errorf("got %v", err)
		}
		for _, m := range []*messages.Ask{{ID: "1"}, {Send: messages.Text("x")}, {ID: "1", Send: messages.Text("x"), Timeout: -1}} {
			if _, err := conn.Ask(t.Context(), m); !is[*messages.OptionError](err) {
				t.Errorf("got %v", err)
			}
		}
		for i := range 3 {
			r.request(conn, ask(fmt.Sprint(i)))
		}
		if a := answer[*messages.Answer](t, r); a.Ask.ID != "2" || !is[*messages.TooManyAsksError](a.Err) {
			t.Errorf("got %+v", a)
		}
	})
}

// A correlation that panics fails the epoch, not the program: over a polled socket
// and over one that a goroutine reads.
func TestCorrelationPanics(t *testing.T) {
	check := func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithPolicy(supervisor.Fixed(time.Millisecond)),
			actors.WithCorrelation(func(*messages.Received) (string, bool) { panic("no such field") }, 0))
		for range 2 {
			wstest.Next[*messages.Opened](t, events)
			if err := conn.Send(messages.Text("x")); err != nil {
				t.Error(err)
			}
			if f := wstest.Next[*messages.Failed](t, events); !is[*messages.HandlerError](f.Err) {
				t.Errorf("got %v", f.Err)
			}
			wstest.Next[*messages.Closed](t, events)
		}
		closeAndWait(t, conn, events)
	}
	t.Run("memory", func(t *testing.T) { inMemory(t, wstest.Echo, check) })
	t.Run("loopback", func(t *testing.T) { onLoopback(t, wstest.Echo, check) })
}

// exchange asks one question of a peer.
func exchange(server *wstest.Server, correlate actors.Correlate, m *messages.Ask) {
	defer server.Close()
	sup, stop := exampleSupervisor()
	defer stop()
	conn, err := actors.Connect(sup, server.URL(), actors.WithDialContext(server.DialContext),
		actors.WithCallbacks(actors.Callbacks{OnMessage: func(*actors.Conn, *messages.Received) {}}),
		actors.WithCorrelation(correlate, 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	received, err := conn.Ask(context.Background(), m)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.TrimRight(string(received.Data), "\x00"))
}

// A response of JSON-RPC 2.0 has the id of its request and no method.
func ExampleWithCorrelation_jsonRPC() {
	exchange(wstest.Listen(answering(func(string) string { return `{"jsonrpc":"2.0","result":19,"id":"7"}` })),
		func(m *messages.Received) (string, bool) {
			var response struct{ ID, Method string }
			err := json.Unmarshal(m.Data, &response)
			return response.ID, err == nil && response.ID != "" && response.Method == ""
		},
		&messages.Ask{ID: "7", Send: messages.Text(`{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"7"}`)})
	// Output: {"jsonrpc":"2.0","result":19,"id":"7"}
}

// STOMP answers a frame that has a receipt header with a RECEIPT of that id.
func ExampleWithCorrelation_stomp() {
	exchange(wstest.Listen(answering(func(string) string { return "RECEIPT\nreceipt-id:m1\n\n\x00" })),
		func(m *messages.Received) (string, bool) {
			headers, isReceipt := strings.CutPrefix(string(m.Data), "RECEIPT\n")
			for line := range strings.Lines(headers) {
				if id, ok := strings.CutPrefix(line, "receipt-id:"); ok && isReceipt {
					return strings.TrimSpace(id), true
				}
			}
			return "", false
		},
		&messages.Ask{ID: "m1", Send: messages.Text("SEND\ndestination:/queue/a\nreceipt:m1\n\nhello\x00")})
	// Output:
	// RECEIPT
	// receipt-id:m1
}

// Phoenix answers [join_ref, ref, topic, event, payload] with the same ref and the
// event phx_reply.
func ExampleWithCorrelation_phoenix() {
	exchange(wstest.Listen(answering(func(string) string { return `["1","2","room:1","phx_reply",{"status":"ok"}]` })),
		func(m *messages.Received) (string, bool) {
			var message []any
			if json.Unmarshal(m.Data, &message) != nil || len(message) != 5 || message[3] != "phx_reply" {
				return "", false
			}
			ref, ok := message[1].(string)
			return ref, ok
		},
		&messages.Ask{ID: "2", Send: messages.Text(`["1","2","room:1","phx_join",{}]`)})
	// Output: ["1","2","room:1","phx_reply",{"status":"ok"}]
}
