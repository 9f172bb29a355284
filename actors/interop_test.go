//go:build interop

package actors_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Against peers that we did not write, which CI installs: go test -tags interop -run Interop ./actors

const scripts = "../.ci/interop/"

var deflate = map[string]websocket.CompressionMode{
	"false": websocket.CompressionDisabled, "true": websocket.CompressionContextTakeover,
}

// talkative is a handler that echoes, and closes with 4001 when told to.
func talkative() actor.Actor {
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
}

// accept starts a server of ours.
func accept(t *testing.T, mode websocket.CompressionMode) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(actors.Accept(start(t), actors.WithCompression(mode), actors.WithReadLimit(2<<20),
		actors.WithAnyOrigin(), actors.WithHandler(talkative)))
	t.Cleanup(server.Close)
	return server
}

// Its client against our server.
func TestInteropClient(t *testing.T) {
	for on, mode := range deflate {
		out, err := exec.CommandContext(t.Context(), "node", scripts+"client.mjs", accept(t, mode).URL, on).CombinedOutput()
		if err != nil || string(out) != "ok\n" {
			t.Errorf("deflate %s: %v\n%s", on, err, out)
		}
	}
}

// The browser's WebSocket against our server.
func TestInteropChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	for on, mode := range deflate {
		want := map[string]string{"true": "permessage-deflate\n", "false": "\n"}[on]
		out, err := exec.CommandContext(t.Context(), "node", scripts+"chromium.mjs", accept(t, mode).URL, chromium).CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("deflate %s: %v\n%s", on, err, out)
		}
	}
}

// Our client to our server through nginx.
func TestInteropNginx(t *testing.T) {
	dir := t.TempDir()
	template, err := os.ReadFile(scripts + "nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	conf := filepath.Join(dir, "nginx.conf")
	text := strings.NewReplacer("LISTEN", address, "DIR", dir,
		"BACKEND", strings.TrimPrefix(accept(t, websocket.CompressionContextTakeover).URL, "http://")).Replace(string(template))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	nginx := exec.CommandContext(t.Context(), "nginx", "-p", dir, "-c", conf)
	nginx.Stderr = t.Output()
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	events := wstest.NewRecorder()
	conn, err := actors.Connect(start(t), "ws://"+address+"/ws", actors.WithHandler(events.Handler),
		actors.WithReadLimit(2<<20), actors.WithCompression(websocket.CompressionContextTakeover),
		actors.WithPolicy(supervisor.Fixed(10*time.Millisecond)))
	if err != nil {
		t.Fatal(err)
	}
	for opened := false; !opened; { // nginx takes a moment to listen
		_, opened = wstest.Next[any](t, events).(*messages.Opened)
	}
	for _, m := range []*messages.Send{messages.Text("hello"), messages.Binary(make([]byte, 1<<20))} {
		_ = conn.Send(m)
		if e := wstest.Next[*messages.Received](t, events); !bytes.Equal(e.Data, m.Data) || e.Type != m.Type {
			t.Errorf("got %s", wstest.Describe(e))
		}
	}
	_ = conn.Send(messages.Text("close"))
	if e := wstest.Next[*messages.Closed](t, events); e.Code != 4001 || e.Reason != "server" || !e.Clean {
		t.Errorf("got %s", wstest.Describe(e))
	}
	_ = conn.Close(messages.CloseNormal, "")
	events.Last(t)
	if err := nginx.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := nginx.Wait(); err != nil {
		t.Error(err)
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
