package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// started serves on loopback until the test ends.
func started(t *testing.T, wrap func(net.Listener) net.Listener) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, wrap(listener)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func plain(l net.Listener) net.Listener { return l }

// enter joins a room and returns what was said there next, each time it is called.
func enter(t *testing.T, server, room, name string) (*websocket.Conn, func() line) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), server+"/ws?"+url.Values{"room": {room}, "name": {name}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws, func() (l line) {
		_, data, err := ws.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
}

// What is said in a room is heard in that room, by name.
func TestRooms(t *testing.T) {
	server := started(t, plain)
	ann, annHears := enter(t, server, "lobby", "ann")
	if l := annHears(); l != (line{"ann", "joined"}) {
		t.Errorf("got %v", l)
	}
	_, bobHears := enter(t, server, "lobby", "bob")
	if l := annHears(); l != (line{"bob", "joined"}) {
		t.Errorf("got %v", l)
	}
	bobHears()
	_, eveHears := enter(t, server, "cellar", "eve")
	eveHears()
	if err := ann.Write(t.Context(), websocket.MessageText, []byte("<hi>")); err != nil {
		t.Fatal(err)
	}
	for _, hears := range []func() line{annHears, bobHears} {
		if l := hears(); l != (line{"ann", "<hi>"}) {
			t.Errorf("got %v", l)
		}
	}
	_ = ann.Close(websocket.StatusNormalClosure, "")
	if l := bobHears(); l != (line{"ann", "left"}) {
		t.Errorf("got %v", l)
	}
}

func TestNoNameNoChat(t *testing.T) {
	server := started(t, plain)
	_, response, err := websocket.Dial(t.Context(), server+"/ws?room=lobby", nil)
	if err == nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("got %v", err)
	}
}

func TestPage(t *testing.T) {
	response, err := http.Get(started(t, plain) + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(body), "new WebSocket(") {
		t.Errorf("got %q, %v", body, err)
	}
}
