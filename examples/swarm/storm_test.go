package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The server goes away under 200 clients: all come back, and at no time faster than
// the governor allows, though they would all be back within a second.
// In virtual time, over a network in memory: no stall of the machine takes part.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := stormPlan{n: 200, away: time.Second, accepts: 100, dials: 80, burst: 40, network: &pipes{}}
		if err := runStorm(t.Context(), &out, p); err != nil {
			t.Errorf("%v\n%s", err, &out)
		}
		for _, text := range []string{rowHeader, "    200  #", "attempts in the busiest second: ", "(the governor allows 80 + burst 40)", "everyone back after "} {
			if !strings.Contains(out.String(), text) {
				t.Errorf("no %q in\n%s", text, &out)
			}
		}
		time.Sleep(2 * time.Second) // protoactor counts dead letters for a second
	})
}

// A few over TCP.
func TestStormOverTCP(t *testing.T) {
	var out bytes.Buffer
	p := stormPlan{n: 20, away: time.Second, accepts: 100, dials: 80, burst: 40}
	if err := runStorm(t.Context(), &out, p); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
}

// pipes is a network in memory, of one address.
type pipes struct{ listener atomic.Pointer[pipeListener] }

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Listen(string) (net.Listener, error) {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.listener.Store(l)
	return l, nil
}

func (p *pipes) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	l := p.listener.Load()
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func TestStormHistogram(t *testing.T) {
	for _, test := range []struct {
		row  row
		want string
	}{
		{row{second: 0}, "     0         0         0        0      0"},
		{row{second: 7, attempts: 1, open: 3}, "     7         1         0        0      3  #"},
		{row{12, 225, 200, 25, 1234}, "    12       225       200       25   1234  " + strings.Repeat("#", 20)},
		{row{100, 450, 200, 250, 5000}, "   100       450       200      250   5000  " + strings.Repeat("#", 40)},
	} {
		if got := test.row.text(450); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
	if lines := len(rowHeader); lines != len(row{}.text(1)) {
		t.Errorf("the header has %d columns", lines)
	}
}

func TestStormTally(t *testing.T) {
	tally := newTally(time.Second)
	tally.now().attempts.Add(9) // before the cut
	if got := tally.busiest(); got != 0 {
		t.Errorf("got %d before the cut", got)
	}
	tally.seconds[0].attempts.Add(2)
	tally.seconds[1].attempts.Add(5)
	if got := tally.over(1, 5); got != -1 {
		t.Errorf("over in second %d", got)
	}
	if got := tally.over(1, 4); got != 1 {
		t.Error("more than the bucket, and nothing said")
	}
	if got := tally.busiest(); got != 5 {
		t.Errorf("got %d", got)
	}
	tally.cut.Store(int64(time.Since(tally.made) - time.Hour))
	if tally.now() != &tally.seconds[2] {
		t.Error("what comes late is not in the last second")
	}
}

func TestStormPlanRefused(t *testing.T) {
	good := stormPlan{n: 1, away: time.Second, accepts: 1, dials: 1, burst: 1}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(*stormPlan){
		func(p *stormPlan) { p.n = 0 }, func(p *stormPlan) { p.away = 0 },
		func(p *stormPlan) { p.accepts = 0 }, func(p *stormPlan) { p.dials = 0 },
	} {
		bad := good
		spoil(&bad)
		if bad.validate() == nil {
			t.Errorf("%+v: accepted", bad)
		}
	}
}
