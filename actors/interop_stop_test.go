//go:build interop && unix

package actors_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A process of ours is stopped for longer than it waits for its peers, right after it
// has asked them for something, which they answer meanwhile. It must give up none.

const (
	stoppedConns  = 25
	stoppedRounds = 5
	stoppedTries  = 100 // at least
	// gather is for how long questions are held until the process is stopped.
	gather = givesUp / 10
	// stoppedFor is a little longer than givesUp, every timeout of the child.
	givesUp    = time.Second
	stoppedFor = givesUp + givesUp/10
)

// childProcess is this test binary, as another process.
type childProcess struct {
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Scanner
}

const roleOfChild = "SOCKVISOR_TEST_CHILD"

func startChild(t *testing.T, role string) *childProcess {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInteropChild$")
	cmd.Env = append(os.Environ(), roleOfChild+"="+role)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &childProcess{cmd: cmd, in: in, out: bufio.NewScanner(out)}
}

// stop returns when the child has stopped.
func (c *childProcess) stop(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	_, err := syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	for errors.Is(err, syscall.EINTR) {
		_, err = syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	}
	if err != nil || !status.Stopped() {
		t.Fatalf("child: %v, %v", status, err)
	}
}

func (c *childProcess) goOn(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// end has the child end, and expects it to have had nothing to say.
func (c *childProcess) end(t *testing.T) {
	t.Helper()
	_ = c.in.Close()
	for c.out.Scan() && c.out.Text() != "PASS" {
		t.Error(c.out.Text())
	}
	if err := c.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestInteropChild is what the child runs.
func TestInteropChild(t *testing.T) {
	role, where, _ := strings.Cut(os.Getenv(roleOfChild), " at ")
	switch role {
	case "":
	case "idle":
		servingChild(t, actors.WithIdleTimeout(givesUp))
	case "first message":
		servingChild(t, actors.WithFirstMessageTimeout(givesUp))
	case "close":
		closingChild(t, where)
	case "write":
		writingChild(t, where)
	default:
		askingChild(t, role, where)
	}
}

// askingChild has connections that ask their peer for something all the time, until its
// input ends.
func askingChild(t *testing.T, role, url string) {
	sup := start(t)
	over := func(_ *actors.Conn, e *messages.Failed) { fmt.Println(wstest.Describe(e)) }
	options := []actors.Option{
		actors.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}), //nolint:gosec // of a test
		actors.WithCallbacks(actors.Callbacks{OnError: over}), actors.WithCorrelation(every, 0),
	}
	switch role {
	case "ask":
		options = append(options, actors.WithoutHeartbeat())
	case "handshake":
		options = append(options, actors.WithHandshakeTimeout(givesUp), actors.WithPolicy(supervisor.Fixed(time.Millisecond)))
	default:
		options = append(options, actors.WithHeartbeat(50*time.Millisecond, givesUp))
	}
	ctx, stop := context.WithCancel(context.Background())
	asked := make(chan struct{})
	for range stoppedConns {
		conn, err := actors.Connect(sup, url, options...)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for ctx.Err() == nil && role == "ask" {
				ask := &messages.Ask{Send: messages.Text("question"), ID: "question", Timeout: givesUp}
				if _, err := conn.Ask(ctx, ask); err != nil && ctx.Err() == nil {
					fmt.Println(err)
				}
			}
			asked <- struct{}{}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	for range stoppedConns {
		<-asked
	}
}

// servingChild is a server that closes whoever is silent, and says where it is.
func servingChild(t *testing.T, option actors.Option) {
	server := httptest.NewServer(actors.Accept(start(t), actors.WithHandler(echoes), option, actors.WithoutHeartbeat()))
	fmt.Println(server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Close()
}

// held are peers that answer at once, or when they are let.
type held struct {
	met    chan struct{}      // one is there, and has been answered
	rounds chan chan struct{} // the present one's: closed when they are let
	asked  chan struct{}      // one that is held
}

func (h *held) serve(conn net.Conn) {
	from, err := wstest.Upgrade(conn)
	if err != nil {
		return
	}
	for first := true; ; first = false {
		frame := make([]byte, 6)
		if _, err := io.ReadFull(from, frame); err != nil {
			return
		}
		payload := make([]byte, frame[1]&0x7f)
		if _, err := io.ReadFull(from, payload); err != nil {
			return
		}
		for i := range payload {
			payload[i] ^= frame[2+i%4]
		}
		round := <-h.rounds
		h.rounds <- round
		if round != nil {
			h.asked <- struct{}{}
			<-round
		}
		answer := frame[0] // as it came, but that a ping becomes a pong
		if answer == 0x89 {
			answer = 0x8a
		}
		if _, err := conn.Write(wstest.Frame(answer, payload)); err != nil {
			return
		}
		if first {
			h.met <- struct{}{}
		}
	}
}

// hold begins a round.
func (h *held) hold(round chan struct{}) {
	<-h.rounds
	h.rounds <- round
}

// more waits a moment for another.
func more(asked <-chan struct{}) bool {
	select {
	case <-asked:
		return true
	case <-time.After(gather):
		return false
	}
}

// A client's heartbeats and asks.
func TestInteropStoppedClient(t *testing.T) {
	cert := httptest.NewUnstartedServer(http.NotFoundHandler())
	cert.StartTLS()
	defer cert.Close()
	for _, role := range []string{"heartbeat", "heartbeat wss", "ask", "ask wss"} {
		t.Run(role, func(t *testing.T) {
			kind, secure, _ := strings.Cut(role, " ")
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			url := "ws://" + listener.Addr().String() + "/"
			if secure != "" {
				url = "wss" + strings.TrimPrefix(url, "ws")
				listener = tls.NewListener(listener, cert.TLS)
			}
			peers := &held{
				met: make(chan struct{}, 100*stoppedConns), rounds: make(chan chan struct{}, 1), asked: make(chan struct{}, stoppedConns),
			}
			peers.rounds <- nil
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						peers.serve(conn)
						_ = conn.Close()
					}()
				}
			}()
			c := startChild(t, kind+" at "+url)
			for range stoppedConns {
				<-peers.met
			}
			for tries := 0; tries < stoppedTries; {
				round := make(chan struct{})
				peers.hold(round)
				<-peers.asked
				for tries++; more(peers.asked); tries++ {
				}
				c.stop(t)
				peers.hold(nil)
				close(round)
				<-time.After(stoppedFor)
				c.goOn(t)
			}
			c.end(t)
			_ = listener.Close()
		})
	}
}

// A server's silent clients.
func TestInteropStoppedServer(t *testing.T) {
	c := startChild(t, "idle")
	c.out.Scan()
	clients := make([]*websocket.Conn, stoppedConns)
	for i := range clients {
		var err error
		if clients[i], _, err = websocket.Dial(t.Context(), c.out.Text(), nil); err != nil {
			t.Fatal(err)
		}
		defer clients[i].CloseNow() //nolint:errcheck // it is over either way
	}
	say := func() {
		for _, ws := range clients {
			if err := ws.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
				t.Error(err)
			}
		}
	}
	hear := func() {
		for _, ws := range clients {
			if _, _, err := ws.Read(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	for range stoppedRounds {
		say()
		hear()
		c.stop(t)
		say()
		<-time.After(stoppedFor)
		c.goOn(t)
		hear()
	}
	for _, ws := range clients {
		_ = ws.Close(websocket.StatusNormalClosure, "")
	}
	c.end(t)
}
