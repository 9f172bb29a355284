//go:build interop

package actors_test

import (
	"bufio"
	"bytes"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Against npm's ws, which CI installs: go test -tags interop -run Interop ./actors

const scripts = "../.ci/interop/"

var deflate = map[string]websocket.CompressionMode{
	"false": websocket.CompressionDisabled, "true": websocket.CompressionContextTakeover,
}

// Its client against our server.
func TestInteropClient(t *testing.T) {
	for on, mode := range deflate {
		sup := start(t)
		server := httptest.NewServer(actors.Accept(sup, actors.WithCompression(mode), actors.WithReadLimit(2<<20),
			actors.WithHandler(func() actor.Actor {
				return actor.ReceiveFunc(func(ctx actor.Context) {
					m, ok := ctx.Message().(*messages.Received)
					switch {
					case !ok:
					case string(m.Data) == "close":
						ctx.Send(m.Conn, &messages.Close{Code: 4001, Reason: "server"})
					default:
						ctx.Send(m.Conn, &messages.Send{Type: m.Type, Data: m.Data})
					}
				})
			})))
		out, err := exec.CommandContext(t.Context(), "node", scripts+"client.mjs", server.URL, on).CombinedOutput()
		if err != nil || string(out) != "ok\n" {
			t.Errorf("deflate %s: %v\n%s", on, err, out)
		}
		server.Close()
	}
}

// Our client against its server.
func TestInteropServer(t *testing.T) {
	for on, mode := range deflate {
		t.Run("deflate "+on, func(t *testing.T) {
			node := exec.CommandContext(t.Context(), "node", scripts+"server.mjs", on)
			in, err := node.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			pipe, err := node.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := node.Start(); err != nil {
				t.Fatal(err)
			}
			out := bufio.NewScanner(pipe)
			out.Scan()
			talk(t, "ws://127.0.0.1:"+out.Text(), mode)
			for _, want := range []string{"closed 4001 server", "closed 4000 client"} {
				if out.Scan(); out.Text() != want {
					t.Errorf("server says %q, want %q", out.Text(), want)
				}
			}
			in.Close()
			if err := node.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func talk(t *testing.T, url string, mode websocket.CompressionMode) {
	t.Helper()
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), url, actors.WithCompression(mode), actors.WithReadLimit(2<<20),
		actors.WithHeartbeat(time.Millisecond, time.Minute), actors.WithHandler(events.Handler),
		actors.WithPolicy(supervisor.Fixed(10*time.Millisecond)))
	if err != nil {
		t.Fatal(err)
	}
	wstest.Next[*messages.Opened](t, events)
	for _, m := range []*messages.Send{
		messages.Text("text é"), messages.Text(""), messages.Binary([]byte{0, 255, 1}),
		messages.Text(strings.Repeat("x", 1<<20)), messages.Binary(bytes.Repeat([]byte{7}, 1<<20)),
	} {
		if err := conn.Send(m); err != nil {
			t.Fatal(err)
		}
		if e := wstest.Next[*messages.Received](t, events); e.Type != m.Type || !bytes.Equal(e.Data, m.Data) {
			t.Errorf("got %s", wstest.Describe(e))
		}
	}
	extensions := ""
	if mode != websocket.CompressionDisabled {
		extensions = "permessage-deflate"
	}
	for question, answer := range map[string]string{
		"fragments": "fragments", "ping": "pong payload", "extensions": extensions,
	} {
		_ = conn.Send(messages.Text(question))
		if e := wstest.Next[*messages.Received](t, events); string(e.Data) != answer {
			t.Errorf("%s: got %s", question, wstest.Describe(e))
		}
	}
	_ = conn.Send(messages.Text("close"))
	if e := wstest.Next[*messages.Closed](t, events); e.Code != 4001 || e.Reason != "server" || !e.Clean {
		t.Errorf("got %s", wstest.Describe(e))
	}
	wstest.Next[*messages.Opened](t, events)
	if err := conn.Close(4000, "client"); err != nil {
		t.Fatal(err)
	}
	if e := events.Last(t); e.Code != 4000 || e.Reason != "client" || !e.Clean {
		t.Errorf("got %s", wstest.Describe(e))
	}
	if rtt := conn.RTT(); rtt <= 0 {
		t.Errorf("RTT %v: no ping was answered", rtt)
	}
}
