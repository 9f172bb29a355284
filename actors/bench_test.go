package actors_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
)

// open returns an open connection to a peer on loopback.
func openTo(b *testing.B, peer wstest.Peer, handler actor.Producer) *actors.Conn {
	b.Helper()
	server, err := wstest.ListenTCP(peer)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Close)
	opened := make(chan struct{})
	sup := start(b)
	conn, err := actors.Connect(sup, server.URL(), actors.WithoutHeartbeat(), actors.WithCloseTimeout(100*time.Millisecond),
		actors.WithHandler(func() actor.Actor {
			h := handler()
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if _, ok := ctx.Message().(*messages.Opened); ok {
					close(opened)
				}
				h.Receive(ctx)
			})
		}))
	if err != nil {
		b.Fatal(err)
	}
	<-opened
	return conn
}

func discard() actor.Actor { return actor.ReceiveFunc(func(actor.Context) {}) }

// BenchmarkSend is one sender that keeps a connection busy: the one allocation
// is the message struct.
func BenchmarkSend(b *testing.B) {
	conn := openTo(b, func(c net.Conn) {
		if _, err := wstest.Upgrade(c); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	}, discard)
	payload := bytes.Repeat([]byte("x"), 64)
	b.SetBytes(64)
	b.ReportAllocs()
	b.ResetTimer()
	var full *messages.QueueFullError
	for range b.N {
		m := messages.Binary(payload)
		for conn.Queued() > 1000 {
			runtime.Gosched()
		}
		if err := conn.Send(m); err != nil && !errors.As(err, &full) {
			b.Fatal(err)
		}
	}
	for conn.Queued() > 0 {
		runtime.Gosched()
	}
}

// BenchmarkReceive is a flood on one connection: the two allocations are the
// message struct and its payload.
func BenchmarkReceive(b *testing.B) {
	begin, count, done := make(chan struct{}), atomic.Int64{}, make(chan struct{})
	openTo(b, func(c net.Conn) {
		if _, err := wstest.Upgrade(c); err != nil {
			return
		}
		<-begin
		batch := bytes.Repeat(wstest.Frame(0x82, make([]byte, 64)), 256)
		frame := len(batch) / 256
		for left := b.N; left > 0; left -= 256 {
			if _, err := c.Write(batch[:frame*min(left, 256)]); err != nil {
				return
			}
		}
		<-done
	}, func() actor.Actor {
		return actor.ReceiveFunc(func(ctx actor.Context) {
			if _, ok := ctx.Message().(*messages.Received); ok && count.Add(1) == int64(b.N) {
				close(done)
			}
		})
	})
	b.SetBytes(64)
	b.ReportAllocs()
	b.ResetTimer()
	close(begin)
	<-done
}
