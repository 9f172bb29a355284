package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/bench/systems/system"
	"github.com/sockvisor/sockvisor/messages"
)

// million starts N server connections over sockets in memory, and stops them, and
// prints what each took: seconds to start, seconds to stop, bytes of heap and of
// stacks a connection.
func million(p system.Plan) error {
	sup, err := start()
	if err != nil {
		return err
	}
	var opened, closed atomic.Int64
	acceptor := actors.Accept(sup, handler(func(ctx actor.Context) {
		switch ctx.Message().(type) {
		case *messages.Opened:
			opened.Add(1)
		case *messages.Closed:
			closed.Add(1)
		}
	}))
	before, began := memory(), time.Now()
	for range p.N {
		request, _ := http.NewRequest(http.MethodGet, "http://memory/", nil)
		request.Header = http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		}
		acceptor.ServeHTTP(&response{header: http.Header{}}, request)
	}
	for opened.Load() < int64(p.N) {
		runtime.Gosched()
	}
	started := time.Since(began)
	after := memory()
	if n := closed.Load(); n > 0 {
		return fmt.Errorf("%d connections have closed", n)
	}
	began = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond) // no peer answers: cut them off
	defer cancel()
	_ = sup.Stop(ctx)
	each := func(now, then uint64) uint64 { return (now - then) / uint64(p.N) }
	fmt.Printf("%.2f %.2f %d %d\n", started.Seconds(), time.Since(began).Seconds(),
		each(after.HeapAlloc, before.HeapAlloc), each(after.StackInuse, before.StackInuse))
	return nil
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// response hands out a socket in memory.
type response struct{ header http.Header }

func (r *response) Header() http.Header         { return r.header }
func (r *response) Write(p []byte) (int, error) { return len(p), nil }
func (r *response) WriteHeader(int)             {}

func (r *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c := &silent{pongs: make(chan []byte, 1)}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 16), bufio.NewWriterSize(c, 16)), nil
}

// silent is a socket on which nothing arrives but the answers to pings.
type silent struct {
	net.Conn
	closed atomic.Bool
	pongs  chan []byte
}

func (c *silent) Read(p []byte) (int, error) {
	pong := <-c.pongs
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	return copy(p, pong), nil // has room for one: see the reader of Hijack
}

// Write answers a ping, which comes as one frame, with a pong masked with zeros.
func (c *silent) Write(p []byte) (int, error) {
	const ping, pong, masked = 0x89, 0x8a, 0x80
	if len(p) > 2 && p[0] == ping {
		c.answer(append([]byte{pong, masked | p[1], 0, 0, 0, 0}, p[2:]...))
	}
	return len(p), nil
}

func (c *silent) answer(pong []byte) {
	select {
	case c.pongs <- pong:
	default: // one waits to be read
	}
}

func (c *silent) Close() error {
	c.closed.Store(true)
	c.answer(nil)
	return nil
}

func (c *silent) SetDeadline(time.Time) error      { return nil }
func (c *silent) SetReadDeadline(time.Time) error  { return nil }
func (c *silent) SetWriteDeadline(time.Time) error { return nil }
