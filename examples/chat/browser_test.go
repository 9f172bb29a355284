//go:build browser

package main

import (
	"bufio"
	"net"
	"os/exec"
	"sync"
	"testing"
)

// In headless Chromium, which CI installs: go test -tags browser -run Browser ./examples/chat

// cuttable is a listener whose connections can be cut.
type cuttable struct {
	net.Listener
	conns sync.Map
}

func (c *cuttable) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.conns.Store(conn, nil)
	}
	return conn, err
}

func (c *cuttable) cut() (n int) {
	c.conns.Range(func(conn, _ any) bool {
		_ = conn.(net.Conn).Close()
		c.conns.Delete(conn)
		n++
		return true
	})
	return n
}

// Two pages talk, the server's sockets are cut, both come back and talk again.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	var listener *cuttable
	server := started(t, func(l net.Listener) net.Listener {
		listener = &cuttable{Listener: l}
		return listener
	})
	node := exec.CommandContext(t.Context(), "node", "../../.ci/interop/browser.mjs", server, chromium)
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	node.Stderr = t.Output()
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "cut" {
		t.Errorf("the pages did not talk: %q", lines.Text())
	}
	if n := listener.cut(); n < 2 {
		t.Errorf("%d sockets cut", n)
	}
	_, _ = in.Write([]byte("\n"))
	if lines.Scan(); lines.Text() != "ok" {
		t.Errorf("the pages did not talk again: %q", lines.Text())
	}
	if err := node.Wait(); err != nil {
		t.Error(err)
	}
}
