package actors_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Answers that nobody waits for, late ones too, reach the handler where the peer put
// them.
func TestUnawaitedAnswersKeepTheirPlace(t *testing.T) {
	const n = 3000
	flood := wstest.WebSocket(func(ws *websocket.Conn) {
		if _, _, err := ws.Read(context.Background()); err != nil {
			return
		}
		for i := range n {
			text := fmt.Sprint("news ", i)
			if i%3 == 0 {
				text = fmt.Sprint("answer ", i)
			}
			_ = ws.Write(context.Background(), websocket.MessageText, []byte(text))
		}
		_, _, _ = ws.Read(context.Background())
	})
	check := func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0), actors.WithMaxUnhandled(100))
		wstest.Next[*messages.Opened](t, events)
		if err := conn.Send(messages.Text("go")); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if m := wstest.Next[*messages.Received](t, events); !strings.HasSuffix(string(m.Data), fmt.Sprint(" ", i)) {
				t.Fatalf("got %s, want the %dth", wstest.Describe(m), i)
			}
		}
		closeAndWait(t, conn, events)
	}
	t.Run("memory", func(t *testing.T) { inMemory(t, flood, check) })
	t.Run("loopback", func(t *testing.T) { onLoopback(t, flood, check) })
}

// Answers and what is no answer are interleaved, and so are timeouts: whoever asked
// gets its answer or a timeout, the handler the rest, in order, and no room for
// messages is lost.
func TestAnswersAmongOthers(t *testing.T) {
	const askers, each = 8, 200
	chatty := wstest.WebSocket(func(ws *websocket.Conn) {
		for i := 0; ; i++ {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			answer := strings.Replace(string(data), "question", "answer", 1)
			for _, text := range []string{fmt.Sprint("news ", 2*i), answer, fmt.Sprint("news ", 2*i+1)} {
				_ = ws.Write(context.Background(), websocket.MessageText, []byte(text))
			}
		}
	})
	onLoopback(t, chatty, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCorrelation(id, 0), actors.WithMaxUnhandled(4))
		wstest.Next[*messages.Opened](t, events)
		var asking sync.WaitGroup
		for a := range askers {
			asking.Go(func() {
				for i := range each {
					m := ask(fmt.Sprint(a, ".", i))
					if a == 0 {
						m.Timeout = time.Duration(i) * time.Microsecond // some are late
					}
					received, err := conn.Ask(context.Background(), m)
					if late := new(messages.AskTimeoutError); a == 0 && errors.As(err, &late) {
						continue
					}
					if err != nil || string(received.Data) != "answer "+m.ID {
						t.Errorf("got %v, %v", received, err)
					}
				}
			})
		}
		asking.Wait()
		if err := conn.Send(messages.Text("question end")); err != nil {
			t.Fatal(err)
		}
		for next := 0; ; {
			text := string(wstest.Next[*messages.Received](t, events).Data)
			switch {
			case text == "answer end":
				closeAndWait(t, conn, events)
				return
			case strings.HasPrefix(text, "answer 0."): // it was late
			case text == fmt.Sprint("news ", next):
				next++
			default:
				t.Fatalf("got %s, want the %dth", text, next)
			}
		}
	})
}
