package main

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
)

// What is sent comes back, and the end of the server is a clean one.
func TestEcho(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, terminate := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, messages.Drain{Timeout: time.Minute}) }()

	ws, _, err := websocket.Dial(t.Context(), "ws://"+listener.Addr().String()+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		if err := ws.Write(t.Context(), kind, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		got, data, err := ws.Read(t.Context())
		if err != nil || got != kind || string(data) != "hello" {
			t.Errorf("got %v %q, %v", got, data, err)
		}
	}
	terminate()
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("got %v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
