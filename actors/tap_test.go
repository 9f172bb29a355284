package actors_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
)

// tap is a wire that keeps what passes. All that is dialled over it leads to where the
// caller wanted to go.
type tap struct {
	address string

	mu    sync.Mutex
	wires []*wire
	over  sync.WaitGroup
}

// wire is one connection of a tap.
type wire struct {
	ends     [2]net.Conn
	sent     bytes.Buffer // by who dialled
	received bytes.Buffer
}

func newTap(t *testing.T, to string) *tap {
	tap := &tap{}
	tap.address = proxytest.Serve(t, func(conn net.Conn) {
		far, err := net.Dial("tcp", to)
		if err != nil {
			_ = conn.Close()
			return
		}
		w := &wire{ends: [2]net.Conn{conn, far}}
		tap.mu.Lock()
		tap.wires = append(tap.wires, w)
		tap.mu.Unlock()
		tap.over.Add(1)
		defer tap.over.Done()
		proxytest.Pipe(&recorded{conn, &w.sent}, &recorded{far, &w.received})
	})
	return tap
}

// recorded keeps what is read.
type recorded struct {
	net.Conn
	read *bytes.Buffer
}

func (r *recorded) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.read.Write(p[:n])
	return n, err
}

func (tap *tap) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, tap.address)
}

// cut breaks every wire there is.
func (tap *tap) cut() {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	for _, w := range tap.wires {
		_, _ = w.ends[0].Close(), w.ends[1].Close()
	}
}

// all returns the wires, when nothing passes any more.
func (tap *tap) all() []*wire {
	tap.over.Wait()
	return tap.wires
}
