package ws

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// frame is one of a server's.
func frame(op wire.Opcode, payload string) string {
	return string(wire.AppendFrame(nil, op, []byte(payload), false))
}

// What a peer sends ends the reading with the error that says why, and what came before it
// is read.
func TestWhatEndsReading(t *testing.T) {
	const compressed = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for name, test := range map[string]struct {
		sent   string
		header []string
		mode   websocket.CompressionMode
		is     func(error) bool
	}{
		"text that is not UTF-8": {sent: frame(wire.OpcodeText, "\xff"), is: isA[*messages.InvalidUTF8Error]},
		"in fragments":           {sent: "\x01\x01a" + "\x80\x01\xff", is: isA[*messages.InvalidUTF8Error]},
		"too big":                {sent: "\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01", is: isA[*messages.ReadLimitError]},
		"too big in fragments":   {sent: "\x02\x01a" + "\x80\x7f\x00\x00\x00\x00\x00\x10\x00\x00", is: isA[*messages.ReadLimitError]},
		"a reserved bit":         {sent: "\xc1\x01a", is: isA[*messages.ProtocolError]},
		"masked":                 {sent: "\x81\x81\x00\x00\x00\x00a", is: isA[*messages.ProtocolError]},
		"a close frame":          {sent: frame(wire.OpcodeClose, "\x03\xe8bye"), is: isA[*messages.PeerClosedError]},
		"a bad close frame":      {sent: frame(wire.OpcodeClose, "\x00\x01"), is: isA[*messages.ProtocolError]},
		"the end":                {is: isA[*messages.ReadError]},
		"the end in a message":   {sent: "\x82\x05a", is: isA[*messages.ReadError]},
		"the end in fragments":   {sent: "\x02\x01a", is: isA[*messages.ReadError]},
		"no text, and cut short": {sent: "\x81\x05a\xff", is: isA[*messages.InvalidUTF8Error]},
		"a large ping's header":  {sent: "\x89\x7e\x01\x00", is: isA[*messages.ProtocolError]},
		"what is not compressed": {
			sent: "\xc2\x02\xff\xff", header: []string{compressed},
			mode: websocket.CompressionNoContextTakeover, is: isA[*messages.ProtocolError],
		},
	} {
		for _, polled := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				url := raw(t, func(r *http.Request) string {
					return upgraded(r, test.header...) + frame(wire.OpcodeText, "before") + "\x02\x02be\x80\x04fore" + test.sent
				})
				poller := func() *transport.Poller { return nil }
				if polled {
					poller = newPoller(t)
				}
				c, err := dial(t, newDialer(test.mode, poller), Request{URL: url})
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if _, data, err := next(c); string(data) != "before" {
						t.Fatalf("got %q, %v", data, err)
					}
				}
				if _, _, err := next(c); !test.is(err) {
					t.Errorf("got %T: %v", err, err)
				}
			})
		}
	}
}

// A compressed message may be too big, or no text, only when it is inflated.
func TestInflatedMessages(t *testing.T) {
	_, url, all := serve(t, newAcceptor(websocket.CompressionContextTakeover, nil), false)
	for name, test := range map[string]struct {
		op   wire.Opcode
		data []byte
		is   func(error) bool
	}{
		"too big": {wire.OpcodeBinary, make([]byte, limit+1), isA[*messages.ReadLimitError]},
		"no text": {wire.OpcodeText, []byte(strings.Repeat("\xff", 1000)), isA[*messages.InvalidUTF8Error]},
		"half":    {wire.OpcodeText, []byte(strings.Repeat("a", 1000) + "\xc3"), isA[*messages.InvalidUTF8Error]},
		"text":    {wire.OpcodeText, []byte(strings.Repeat("ä", 1000)), func(err error) bool { return err == nil }},
		"large":   {wire.OpcodeBinary, make([]byte, limit), func(err error) bool { return err == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := dial(t, newDialer(websocket.CompressionContextTakeover, nil), Request{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			peer := accept(t, all)
			if err := peer.Write(test.op, test.data); err != nil {
				t.Fatal(err)
			}
			if _, data, err := next(client); !test.is(err) || err == nil && len(data) != len(test.data) {
				t.Errorf("got %d bytes, %v", len(data), err)
			}
		})
	}
}

// A pong that cannot be written ends the reading, but that is no error of reading.
func TestReadErrorOfAWrite(t *testing.T) {
	_, url, all := serve(t, newAcceptor(0, nil), false)
	client, err := dial(t, newDialer(0, nil), Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	accept(t, all)
	if err := client.Write(wire.OpcodeBinary, make([]byte, 17<<20)); err == nil {
		t.Fatal("more is written than may be pending")
	}
	if err := client.ReadError(fmt.Errorf("failed to pong: %w", client.Socket.Failure())); !isA[*messages.WriteError](err) {
		t.Errorf("got %T: %v", err, err)
	}
}

// Reading that must not wait finds nothing, which is no error.
func TestNothingToRead(t *testing.T) {
	_, url, all := serve(t, newAcceptor(0, newPoller(t)), false)
	client, err := dial(t, newDialer(0, newPoller(t)), Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	accept(t, all)
	if !client.Socket.Framed() {
		return // it always waits
	}
	client.Socket.SetPatient(false)
	if _, data, err := client.Next(); data != nil || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
}
