package main

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// echo is the embedded server. It cuts its sockets, as a crash would: with a
// message read and not echoed, and without a word of WebSocket.
type echo struct {
	url    string
	server *http.Server
	cut    atomic.Bool // the next message that is read
	cancel context.CancelFunc
	done   chan struct{}
}

// startEcho starts a server that cuts a socket every so often until the end.
func startEcho(every, until time.Duration) (*echo, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), until)
	e := &echo{url: "ws://" + listener.Addr().String() + "/", cancel: cancel, done: make(chan struct{})}
	e.server = &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = e.server.Serve(listener) }()
	go e.cutEvery(ctx, every)
	return e, nil
}

// ServeHTTP implements http.Handler.
func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow() //nolint:errcheck // it is over either way
	for {
		kind, data, err := ws.Read(context.Background())
		if err != nil || e.cut.CompareAndSwap(true, false) {
			return
		}
		if err := ws.Write(context.Background(), kind, data); err != nil {
			return
		}
	}
}

func (e *echo) cutEvery(ctx context.Context, every time.Duration) {
	defer close(e.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.cut.Store(true)
		}
	}
}

func (e *echo) stop() {
	e.cancel()
	<-e.done
	_ = e.server.Close()
}
