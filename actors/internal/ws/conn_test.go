package ws

import (
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// A socket that is closed keeps nothing of what was inflated, though its Conn is kept.
func TestCloseNowLetsGo(t *testing.T) {
	_, url, all := serve(t, newAcceptor(websocket.CompressionContextTakeover, nil), false)
	client, err := dial(t, newDialer(websocket.CompressionContextTakeover, nil), Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	peer := accept(t, all)
	if err := peer.Write(wire.OpcodeText, []byte(strings.Repeat("hello", 1000))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := next(client); err != nil || client.inflater == nil {
		t.Fatalf("nothing was inflated: %v", err)
	}
	if client.CloseNow(); client.inflater != nil {
		t.Error("the window is kept")
	}
}
