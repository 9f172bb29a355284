package actors

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
)

// What appendFrame writes takeMessage takes, of every kind of length.
func TestAppendFrame(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 0xffff, 0x10000} {
		for _, masked := range []bool{false, true} {
			payload := bytes.Repeat([]byte{0xa5}, size)
			in := &intake{}
			in.prepend(appendFrame(nil, byte(messages.TypeBinary), payload, masked))
			kind, data := in.takeMessage(&rules{masks: masked, limit: 1 << 20})
			if kind != messages.TypeBinary || !bytes.Equal(data, payload) || len(in.rest()) != 0 {
				t.Errorf("%d bytes, masked %v: got %v of %d bytes", size, masked, kind, len(data))
			}
		}
	}
}

// The key is another for each frame.
func TestMaskingKeys(t *testing.T) {
	keys := make(map[string]bool)
	for range 100 {
		keys[string(appendFrame(nil, byte(messages.TypeText), nil, true)[2:])] = true
	}
	if len(keys) < 99 {
		t.Errorf("%d keys in 100 frames", len(keys))
	}
}

// What coder/websocket writes in pieces comes as a whole, between the frames that
// the connection writes meanwhile, and after a close frame comes nothing.
func TestFramesOfTwo(t *testing.T) {
	const pong = "\x8a\x04pong"
	frame := func(kind websocket.MessageType, payload string) string {
		return string(appendFrame(nil, byte(kind), []byte(payload), false))
	}
	for name, test := range map[string]struct {
		say  func(s *socket)
		want string
	}{
		"in pieces": {func(s *socket) {
			for _, b := range []byte(pong) {
				_, _ = s.Write([]byte{b})
				_ = s.writeFrame(websocket.MessageText, []byte("x"))
			}
		}, strings.Repeat(frame(websocket.MessageText, "x"), len(pong)) + pong},
		"two": {func(s *socket) {
			_, _ = s.Write([]byte(pong))
			_, _ = s.Write([]byte(pong))
		}, pong + pong},
		"close frame": {func(s *socket) {
			_ = s.writeFrame(websocket.MessageText, []byte("before"))
			_, _ = s.Write([]byte("\x88\x02\x03\xe8"))
			if err := s.writeFrame(websocket.MessageText, []byte("after")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after a close frame: %v", err)
			}
		}, frame(websocket.MessageText, "before") + "\x88\x02\x03\xe8"},
		"written before anybody knew": {func(s *socket) {
			_, _ = s.Write([]byte("\x88\x02\x03\xe8"))
			drop(s.next())
			s.ended.Store(false) // as a connection sees it that looks at the same moment
			_ = s.writeFrame(websocket.MessageText, []byte("after"))
		}, ""},
	} {
		s := &socket{maximum: 1 << 20, framing: true}
		s.cork()
		test.say(s)
		var sent []byte
		for b := s.next(); b != nil; b = s.next() {
			sent = append(sent, b.bytes...)
		}
		if string(sent) != test.want {
			t.Errorf("%s: sent %q, want %q", name, sent, test.want)
		}
		if s.waiting() {
			t.Errorf("%s: something still waits", name)
		}
	}
}
