package transport

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// What coder/websocket writes in pieces comes as a whole, between the frames that
// the connection writes meanwhile, and after a close frame comes nothing.
func TestFramesOfTwo(t *testing.T) {
	const pong = "\x8a\x04pong"
	text := func(payload string) string {
		return string(wire.AppendFrame(nil, wire.OpcodeText, []byte(payload), false))
	}
	for name, test := range map[string]struct {
		say  func(s *Socket)
		want string
	}{
		"in pieces": {func(s *Socket) {
			for _, b := range []byte(pong) {
				_, _ = s.Write([]byte{b})
				_ = s.WriteFrame(wire.OpcodeText, []byte("x"))
			}
		}, strings.Repeat(text("x"), len(pong)) + pong},
		"two": {func(s *Socket) {
			_, _ = s.Write([]byte(pong))
			_, _ = s.Write([]byte(pong))
		}, pong + pong},
		"close frame": {func(s *Socket) {
			_ = s.WriteFrame(wire.OpcodeText, []byte("before"))
			_, _ = s.Write([]byte("\x88\x02\x03\xe8"))
			if err := s.WriteFrame(wire.OpcodeText, []byte("after")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after a close frame: %v", err)
			}
		}, text("before") + "\x88\x02\x03\xe8"},
		"written before anybody knew": {func(s *Socket) {
			_, _ = s.Write([]byte("\x88\x02\x03\xe8"))
			drop(s.next())
			s.ended.Store(false) // as a connection sees it that looks at the same moment
			_ = s.WriteFrame(wire.OpcodeText, []byte("after"))
		}, ""},
	} {
		s := New(nil, Options{Maximum: 1 << 20})
		s.framing = true
		s.Cork()
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
