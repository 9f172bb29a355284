package ws

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
	"github.com/sockvisor/sockvisor/messages"
)

// Both ends understand each other, through whatever is between them.
func TestBothEnds(t *testing.T) {
	for _, proxy := range []string{"", "http", "https", "socks5"} {
		for _, secure := range []bool{false, true} {
			for _, mode := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionNoContextTakeover} {
				for _, polled := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/secure=%v/deflate=%d/polled=%v", proxy, secure, mode, polled), func(t *testing.T) {
						testBothEnds(t, proxy, secure, mode, polled)
					})
				}
			}
		}
	}
}

func testBothEnds(t *testing.T, proxy string, secure bool, mode websocket.CompressionMode, polled bool) {
	poller := func() *transport.Poller { return nil }
	if polled {
		poller = newPoller(t)
	}
	server, to, all := serve(t, newAcceptor(mode, poller), secure)
	d := newDialer(mode, poller)
	if proxy != "" {
		d.Proxy = through(proxytest.Start(t, proxy, url.UserPassword("user", "secret")))
	}
	switch {
	case proxy == "https":
		d.TLS = &tls.Config{InsecureSkipVerify: true} // the proxy's certificate is another
	case secure:
		d.TLS = trusting(server)
	}
	client, err := dial(t, d, Request{URL: to, Subprotocols: []string{"chat"}})
	if err != nil {
		t.Fatal(err)
	}
	peer := accept(t, all)
	if client.Subprotocol() != "chat" || peer.Subprotocol() != "chat" {
		t.Errorf("agreed on %q and %q", client.Subprotocol(), peer.Subprotocol())
	}
	said(t, client, peer)
	said(t, peer, client)
	pinged(t, client, peer)
	closed(t, client, peer)
}

// said has one end say what the other hears.
func said(t *testing.T, from, to *Conn) {
	t.Helper()
	for _, message := range []struct {
		op   wire.Opcode
		data []byte
	}{
		{wire.OpcodeText, []byte("hello")},
		{wire.OpcodeBinary, []byte{}},
		{wire.OpcodeText, []byte(strings.Repeat("hello ", 5000))},
		{wire.OpcodeBinary, bytes.Repeat([]byte{1, 2, 3}, 1000)},
	} {
		if err := from.Write(message.op, message.data); err != nil {
			t.Fatal(err)
		}
		kind, data, err := next(to)
		if err != nil || kind != message.op || !bytes.Equal(data, message.data) {
			t.Fatalf("got %d, %d bytes, %v; want %d, %d bytes", kind, len(data), err, message.op, len(message.data))
		}
	}
}

// pinged has a ping answered, which the one that has sent it hears of.
func pinged(t *testing.T, from, to *Conn) {
	t.Helper()
	var heard []uint64
	from.OnPong(func(payload []byte) { heard = append(heard, wire.PingNumber(payload)) })
	if err := from.Write(wire.OpcodePing, wire.PingPayload(7)); err != nil {
		t.Fatal(err)
	}
	_ = from.WriteAside(wire.OpcodePing, wire.PingPayload(8))
	for len(heard) < 2 { // a message does not wait for a pong that was written before it
		for _, way := range [][2]*Conn{{from, to}, {to, from}} {
			_ = way[0].Write(wire.OpcodeText, []byte("behind them"))
			if _, data, err := next(way[1]); string(data) != "behind them" {
				t.Fatalf("got %q, %v", data, err)
			}
		}
	}
	if heard[0] != 7 || heard[1] != 8 {
		t.Errorf("heard pongs %d", heard)
	}
}

// closed has one end close, and the other answer.
func closed(t *testing.T, from, to *Conn) {
	t.Helper()
	if from.SaidClose() {
		t.Error("it has closed")
	}
	if err := from.Close(4001, "bye"); err != nil || !from.SaidClose() {
		t.Errorf("it has not closed: %v", err)
	}
	if from.Write(wire.OpcodeText, []byte("late")) == nil {
		t.Error("it writes after its close frame")
	}
	var peer *messages.PeerClosedError
	if _, _, err := next(to); !errors.As(err, &peer) || peer.Code != 4001 || peer.Reason != "bye" {
		t.Errorf("got %v", err)
	}
	_ = to.WriteAside(wire.OpcodePing, nil) // to which nothing may be said any more
	_ = to.Close(messages.CloseNormal, "")
	if _, _, err := next(from); !errors.As(err, &peer) || peer.Code != messages.CloseNormal {
		t.Errorf("got %v", err)
	}
	to.CloseNow()
}
