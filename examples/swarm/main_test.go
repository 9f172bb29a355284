package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is examples/echo, as a process.
type server struct {
	t    *testing.T
	path string
	addr string
	cmd  *exec.Cmd
}

func newServer(t *testing.T) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := &server{t: t, path: filepath.Join(t.TempDir(), "echo"), addr: listener.Addr().String()}
	if out, err := exec.Command("go", "build", "-o", s.path, "../echo").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return s
}

// start starts the process and waits until it listens.
func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command(s.path, "-addr", s.addr, "-over", "100ms")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it says where it listens
		s.t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

// end ends the process with a signal and waits for it.
func (s *server) end(signal os.Signal) error {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	return s.cmd.Wait()
}

// lines is a log that can be waited for.
type lines struct{ written chan string }

func (l lines) Write(p []byte) (int, error) {
	l.written <- string(p)
	return len(p), nil
}

func (l lines) await(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case line := <-l.written:
			if strings.Contains(line, text) {
				return
			}
		case <-timeout:
			t.Fatalf("no line with %q", text)
		}
	}
}

// The server is terminated, and killed, under 2,000 clients: each time every one
// of them comes back to the next.
func TestEveryClientComesBack(t *testing.T) {
	const n = 2000
	server, log := newServer(t), lines{make(chan string, 10_000)}
	server.start()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	type result struct {
		*summary
		error
	}
	ended := make(chan result, 1)
	go func() {
		s, err := run(ctx, log, plan{url: "ws://" + server.addr + "/ws", n: n, length: time.Hour, rate: 0.1, size: 64})
		ended <- result{s, err}
	}()
	all := fmt.Sprintf("open %d ", n)
	log.await(t, all)
	if err := server.end(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	log.await(t, "open 0 ")
	server.start()
	log.await(t, all)
	_ = server.end(syscall.SIGKILL)
	log.await(t, "open 0 ")
	server.start()
	log.await(t, all)
	stop()
	r := <-ended
	if r.error != nil {
		t.Fatal(r.error)
	}
	if r.Open != n || r.Reconnects != 2*n || r.Received == 0 {
		t.Errorf("got %v", r.summary)
	}
	t.Log(r.summary)
	if err := server.end(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
}

// The summary is one JSON object.
func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := (&summary{Connections: 3}).json(&out); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got["connections"] != 3.0 || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestPlanRefused(t *testing.T) {
	good := plan{n: 1, length: 1, size: stampSize}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []plan{{length: 1, size: 8}, {n: 1, size: 8}, {n: 1, length: 1}, {n: 1, length: 1, size: 8, rate: -1}} {
		if bad.validate() == nil {
			t.Errorf("%+v: accepted", bad)
		}
	}
}
