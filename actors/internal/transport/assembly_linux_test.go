package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// framesOf returns a socket that reads frames by these rules, with what was read ahead.
func framesOf(t *testing.T, ahead []byte, rules wire.Rules) (*Socket, net.Conn) {
	t.Helper()
	s, peer := polledPair(t)
	s.rules = rules
	if !s.Frames() {
		t.Fatal("frames are not read")
	}
	s.Prepend(ahead)
	return s, peer
}

// sayAll writes what the kernel may not take at once.
func sayAll(peer net.Conn, p []byte) {
	go func() { _, _ = peer.Write(p) }()
}

// readLarge reads one message past the buffer.
func readLarge(s *Socket) (wire.Opcode, []byte, error) {
	began := false
	for !s.Whole() {
		if s.HasPart() {
			began = true
			if err := s.BeginPart(); err != nil {
				return 0, nil, err
			}
			continue
		}
		if s.Full() {
			return 0, nil, errors.New("not read past the buffer")
		}
		if err := s.Wait(func() bool { return true }); err != nil {
			return 0, nil, err
		}
		if _, _, err := s.Fill(); err != nil {
			return 0, nil, err
		}
	}
	if !began {
		return 0, nil, errors.New("it fits into the buffer")
	}
	return s.TakeMessage()
}

// textOf returns text of so many bytes, in which characters have two.
func textOf(size int) []byte {
	return append(bytes.Repeat([]byte("é"), size/2), strings.Repeat("x", size%2)...)
}

// A large message is there exactly, masked or not, however it comes, and what follows it
// stays where it was.
func TestLargeMessages(t *testing.T) {
	for _, size := range []int{frameBufferSize - 3, frameBufferSize + 1, 65535, 65536, 300_001, 1 << 20} {
		for _, op := range []wire.Opcode{wire.OpcodeText, wire.OpcodeBinary} {
			for _, masked := range []bool{false, true} {
				for _, ahead := range []int{0, 1, 9, 14, 100, frameBufferSize} {
					t.Run(fmt.Sprint(size, op, masked, ahead), func(t *testing.T) {
						payload := textOf(size)
						all := wire.AppendFrame(nil, op, payload, masked)
						all = wire.AppendFrame(all, wire.OpcodeBinary, []byte("next"), masked)
						s, peer := framesOf(t, all[:ahead], wire.Rules{Limit: 1 << 20, Masked: masked})
						sayAll(peer, all[ahead:])
						got, data, err := readLarge(s)
						if err != nil || got != op || !bytes.Equal(data, payload) || cap(data) != size {
							t.Fatalf("got %d, %d bytes of %d, %v", got, len(data), cap(data), err)
						}
						if s.incoming.guard != nil || s.incoming.assembly != nil {
							t.Error("the guard is kept")
						}
						for !s.Whole() {
							_ = s.Wait(func() bool { return true })
							_, _, _ = s.Fill()
						}
						if _, data, err := s.TakeMessage(); string(data) != "next" || err != nil {
							t.Errorf("then got %q, %v", data, err)
						}
					})
				}
			}
		}
	}
}

// What the guard has seen while there was no room is not unmasked twice.
func TestLargeAfterInspect(t *testing.T) {
	for _, op := range []wire.Opcode{wire.OpcodeText, wire.OpcodeBinary} {
		payload := textOf(70_001)
		all := wire.AppendFrame(nil, op, payload, true)
		const seen = 5001 // in the middle of the key, too
		s, peer := framesOf(t, all[:seen], wire.Rules{Limit: 1 << 20, Masked: true})
		if !s.Begun() {
			t.Fatal("no header")
		}
		if err := s.Inspect(); !s.HasPart() || err != nil || s.incoming.guard.seen != seen {
			t.Fatalf("inspect: %v", err)
		}
		sayAll(peer, all[seen:])
		if _, data, err := readLarge(s); err != nil || !bytes.Equal(data, payload) {
			t.Errorf("%d: got %d bytes, %v", op, len(data), err)
		}
	}
}

// A large message is refused with its first bad byte, and what the peer says after it is
// still understood: a close frame.
func TestLargeRefused(t *testing.T) {
	for _, masked := range []bool{false, true} {
		for _, bad := range []int{0, 100, frameBufferSize - 8, frameBufferSize, 200_000, 299_999} {
			t.Run(fmt.Sprint(masked, bad), func(t *testing.T) {
				payload := textOf(300_000)
				payload[bad] = 0xff
				all := wire.AppendFrame(nil, wire.OpcodeText, payload, masked)
				all = wire.AppendFrame(all, wire.OpcodeClose, wire.ClosePayload(1000, ""), masked)
				s, peer := framesOf(t, nil, wire.Rules{Limit: 1 << 20, Masked: masked})
				sayAll(peer, all)
				_, _, err := readLarge(s)
				var v *wire.Violation
				if !errors.As(err, &v) || v.Code != wire.CloseInvalidPayload {
					t.Fatalf("got %v", err)
				}
				if s.incoming.assembly != nil || s.Broken() {
					t.Error("what is refused is kept, or the socket is taken for broken")
				}
				if !s.Drain() {
					t.Error("the close frame is not seen")
				}
			})
		}
	}
}

// One inside of another is refused by its header, and one that is too large, not masked, of
// no known kind or in fragments is not begun.
func TestLargeNotBegun(t *testing.T) {
	within := wire.AppendFrame(nil, wire.OpcodeText, nil, false)
	within[0] &^= 0x80 // the first fragment
	s, _ := framesOf(t, nil, wire.Rules{Limit: 1 << 20})
	if _, err := s.incoming.watchedBy(&s.rules).Check(within); err != nil {
		t.Fatal(err)
	}
	s.Prepend(wire.AppendFrame(nil, wire.OpcodeText, make([]byte, 20_000), false)[:100])
	var v *wire.Violation
	if !s.HasPart() {
		t.Fatal("it is not large")
	}
	if err := s.BeginPart(); !errors.As(err, &v) || v.Code != wire.CloseProtocolError {
		t.Errorf("one inside of another: %v", err)
	}
	for name, header := range map[string]string{
		"too large": "\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01", "masked": "\x82\xfe\x80\x00mask",
		"compressed": "\xc2\x7e\x80\x00", "in fragments": "\x02\x7e\x80\x00", "ping": "\x89\x7e\x80\x00",
		"small": "\x82\x7e\x30\x00", "half of a header": "\x82\x7f\x00",
	} {
		s, _ := framesOf(t, []byte(header), wire.Rules{Limit: 1 << 20})
		if s.HasPart() {
			t.Errorf("%s: is begun", name)
		}
	}
}

// A header that says more than there can be, where no limit is set, costs what arrives, and
// breaks nothing.
func TestLargestHeader(t *testing.T) {
	const most = "\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"
	for name, ahead := range map[string]string{
		"alone":            "\x82" + most,
		"with payload":     "\x82" + most + strings.Repeat("x", 1000),
		"of the next part": "\x02\x01x\x80\x7f\x7f\xff\xff\xff\xff\xff\xff\xfe" + strings.Repeat("x", 1000),
		"4 GiB":            "\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00" + strings.Repeat("x", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			s, peer := framesOf(t, []byte(ahead), wire.Rules{Limit: math.MaxInt64})
			s.StartAssembling()
			for s.HasPart() {
				if err := s.BeginPart(); err != nil {
					t.Fatal(err)
				}
			}
			say(t, peer, "more")
			if n, _, err := s.Fill(); n != len("more") || err != nil || s.Whole() {
				t.Errorf("more is %d bytes, %v, and whole: %t", n, err, s.Whole())
			}
			if m := s.incoming.assembly; !bytes.HasSuffix(m.data, []byte("more")) || cap(m.data) > roomFactor*minArrived {
				t.Errorf("%d bytes, and room for %d", len(m.data), cap(m.data))
			}
		})
	}
}

// The end in the middle is that of a connection that was cut, and nothing is kept then.
func TestLargeCutShort(t *testing.T) {
	s, peer := framesOf(t, nil, wire.Rules{Limit: 1 << 20})
	say(t, peer, string(wire.AppendFrame(nil, wire.OpcodeBinary, make([]byte, 30_000), false)[:25_000]))
	_ = peer.Close()
	if _, _, err := readLarge(s); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	if s.Forget(); s.incoming.assembly != nil {
		t.Error("what has arrived is kept")
	}
}

// A header alone has little room, and to grow costs little copying.
func TestRoomFor(t *testing.T) {
	for _, size := range []int{1, minArrived, 20_000, 1 << 20, 16<<20 + 1, 1 << 30} {
		room, copied := roomFor(int64(size), 0), 0
		if room > roomFactor*minArrived {
			t.Errorf("%d: a header has room for %d", size, room)
		}
		for room < size {
			grown := roomFor(int64(size), room)
			if grown <= room || grown > roomFactor*room || grown > size {
				t.Fatalf("%d: grows from %d to %d", size, room, grown)
			}
			copied, room = copied+room, grown
		}
		if copied > size/(roomFactor-1)+64 {
			t.Errorf("%d: %d bytes are copied", size, copied)
		}
	}
}
