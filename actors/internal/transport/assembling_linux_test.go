package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// part returns a frame, of which the first byte is as it says.
func part(first byte, payload string, masked bool) []byte {
	b := wire.AppendFrame(nil, wire.Opcode(first&0xf), []byte(payload), masked)
	b[0] = first
	return b
}

// takenBy reads what there is until an error. A patient one waits for it, another is told.
func takenBy(s *Socket, patient bool) (all []string, err error) {
	s.SetPatient(patient)
	for {
		op, data, err := s.TakeMessage()
		switch {
		case err != nil:
			return all, err
		case op != 0:
			all = append(all, fmt.Sprintf("%d:%s", op, data))
			continue
		case s.Patient():
			err = s.Await()
		case s.HasPart():
			err = s.BeginPart()
		case s.Whole():
			return all, errors.New("is there, and is not taken")
		default:
			if err = s.Wait(func() bool { return true }); err == nil {
				_, _, err = s.Fill()
			}
		}
		if err != nil {
			return all, err
		}
	}
}

// Messages come as they were sent, whole or in fragments, of any size, with control frames
// between those, however the bytes come.
func TestAssembles(t *testing.T) {
	large, split := strings.Repeat("é", 50_000), "é"
	parts := []struct {
		first   byte
		payload string
	}{
		{0x81, "small"}, {0x01, ""}, {0x00, "in "}, {0x89, "ping"}, {0x00, ""}, {0x80, "fragments"}, {0x8a, ""},
		{0x82, ""}, {0x02, ""}, {0x80, ""}, {0x81, large}, {0x01, large}, {0x89, ""}, {0x00, split[:1]}, {0x80, split[1:] + large},
		{0x02, "\xff"}, {0x00, strings.Repeat("x", 20_000)}, {0x00, "tiny"}, {0x80, ""}, {0x82, "last"},
	}
	want := []string{
		"1:small", "9:ping", "1:in fragments", "10:", "2:", "2:", "1:" + large, "9:", "1:" + large + split + large,
		"2:\xff" + strings.Repeat("x", 20_000) + "tiny", "2:last",
	}
	for _, masked := range []bool{false, true} {
		for _, patient := range []bool{false, true} {
			for _, piece := range []int{1, 7, 1000, 1 << 20} {
				t.Run(fmt.Sprint(masked, patient, piece), func(t *testing.T) {
					var all []byte
					for _, p := range parts {
						all = append(all, part(p.first, p.payload, masked)...)
					}
					s, peer := framesOf(t, nil, wire.Rules{Limit: 1 << 20, Masked: masked})
					s.StartAssembling()
					go func() {
						for ; len(all) > 0; all = all[min(piece, len(all)):] {
							_, _ = peer.Write(all[:min(piece, len(all))])
						}
						_ = peer.Close()
					}()
					got, err := takenBy(s, patient)
					if !errors.Is(err, io.EOF) {
						t.Errorf("ended with %v", err)
					}
					for i := range max(len(got), len(want)) {
						if i >= len(got) || i >= len(want) || got[i] != want[i] {
							t.Fatalf("message %d of %d, want %d, is another", i, len(got), len(want))
						}
					}
					if s.incoming.guard != nil || s.incoming.assembly != nil {
						t.Error("something is kept")
					}
				})
			}
		}
	}
}

// What is against the rules is refused where it begins, after what came before it, and the
// peer's close frame behind it is still seen.
func TestAssemblingRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		bytes  []byte
		masked bool
		code   uint16
	}{
		"a continuation of nothing": {bytes: part(0x80, "x", false), code: 1002},
		"one inside of another":     {bytes: append(part(0x01, "x", false), part(0x81, "y", false)...), code: 1002},
		"a masked one":              {bytes: part(0x81, "x", true), code: 1002},
		"one that is not masked":    {bytes: part(0x81, "x", false), masked: true, code: 1002},
		"a reserved bit":            {bytes: part(0xc1, "x", false), code: 1002},
		"an unknown opcode":         {bytes: part(0x83, "x", false), code: 1002},
		"an unknown control opcode": {bytes: part(0x8b, "x", false), code: 1002},
		"a large ping":              {bytes: part(0x89, strings.Repeat("x", 126), false), code: 1002},
		"a larger ping":             {bytes: part(0x89, strings.Repeat("x", 20_000), false), code: 1002},
		"a ping in fragments":       {bytes: part(0x09, "x", false), code: 1002},
		"a ping with a bit":         {bytes: part(0xc9, "x", false), code: 1002},
		"a longer length":           {bytes: []byte("\x82\x7e\x00\x01x"), code: 1002},
		"too large":                 {bytes: part(0x82, strings.Repeat("x", 100_001), false), code: 1009},
		"too large in all":          {bytes: append(part(0x02, strings.Repeat("x", 60_000), false), part(0x80, strings.Repeat("x", 60_000), false)...), code: 1009},
		"bad text":                  {bytes: part(0x81, "\xff", false), code: 1007},
		"bad text in a fragment":    {bytes: append(part(0x01, "\xc3", false), part(0x00, "x", false)...), code: 1007},
		"text that is cut":          {bytes: append(part(0x01, "\xc3", false), part(0x80, "", false)...), code: 1007},
		"bad text that is large":    {bytes: part(0x81, strings.Repeat("x", 50_000)+"\xff"+strings.Repeat("x", 20_000), false), code: 1007},
	} {
		for _, patient := range []bool{false, true} {
			t.Run(fmt.Sprint(name, patient), func(t *testing.T) {
				s, peer := framesOf(t, nil, wire.Rules{Limit: 100_000, Masked: test.masked})
				s.StartAssembling()
				all := append(part(0x81, "before", test.masked), test.bytes...)
				all = append(all, part(0x88, "\x03\xe8", test.masked)...)
				sayAll(peer, all)
				got, err := takenBy(s, patient)
				var v *wire.Violation
				if !errors.As(err, &v) || v.Code != test.code || len(got) != 1 || got[0] != "1:before" {
					t.Fatalf("got %q, then %v", got, err)
				}
				if s.incoming.assembly != nil {
					t.Error("what is refused is kept")
				}
				if name != "bad text" && !s.Drain() { // a small one is refused when it was taken
					t.Error("the close frame is not seen")
				}
			})
		}
	}
}

// A close frame ends the reading with what it says, wherever it comes.
func TestAssemblingEnds(t *testing.T) {
	for _, before := range []string{"", "\x01\x01x"} {
		for _, masked := range []bool{false, true} {
			s, peer := framesOf(t, nil, wire.Rules{Limit: 100, Masked: masked})
			s.StartAssembling()
			if before != "" {
				say(t, peer, string(part(0x01, "x", masked)))
			}
			say(t, peer, string(part(0x88, "\x03\xe9bye", masked)))
			_, err := takenBy(s, false)
			var closed *wire.PeerClosed
			if !errors.As(err, &closed) || closed.Code != 1001 || closed.Reason != "bye" {
				t.Errorf("got %v", err)
			}
		}
	}
	for name, cut := range map[string]string{"a header": "\x82\x7e\x80", "a fragment": "\x02\x05ab", "fragments": "\x02\x01a"} {
		s, peer := framesOf(t, nil, wire.Rules{Limit: 1 << 20})
		s.StartAssembling()
		say(t, peer, cut)
		_ = peer.Close()
		if got, err := takenBy(s, false); err == nil || len(got) > 0 || name != "a header" && errors.Is(err, io.EOF) {
			t.Errorf("%s that is cut: %q, %v", name, got, err)
		}
	}
}

// A message in many tiny fragments costs memory as it has bytes, and no more.
func TestTinyFragments(t *testing.T) {
	m := &assembly{limit: 1 << 20}
	grown := 0
	for range 100_000 {
		m.left = 1
		room := cap(m.data)
		if copy(m.room(), "x"); cap(m.data) != room {
			grown++
		}
		m.data, m.left = m.data[:len(m.data)+1], 0
	}
	if grown > 20 || cap(m.data) > 4*len(m.data) {
		t.Errorf("grown %d times to %d bytes", grown, cap(m.data))
	}
	m.limit, m.left = int64(len(m.data))+1, 1
	m.data = m.data[:len(m.data):len(m.data)]
	if m.room(); int64(cap(m.data)) > m.limit {
		t.Errorf("%d bytes for a message of at most %d", cap(m.data), m.limit)
	}
	m.fin, m.left, m.data = true, 0, make([]byte, 1000, 2000)
	in := &frameBuffer{assembly: m, guard: &bufferGuard{}}
	if _, data := in.takeAssembly(); len(data) != 1000 || cap(data) > 1100 {
		t.Errorf("%d bytes are kept for %d", cap(data), len(data))
	}
}

// What several write aside is whole, and in the order of each; after a close frame comes
// nothing, and writing fails.
func TestWriteAsideOfMany(t *testing.T) {
	mine, peer := net.Pipe()
	s := New(mine, Options{Maximum: 1 << 20})
	t.Cleanup(s.Abort)
	s.StartFraming()
	const writers, each = 4, 200
	done := make(chan struct{}, writers)
	for w := range writers {
		go func() {
			for i := range each {
				if w == 0 {
					_ = s.WriteFrame(wire.OpcodeBinary, []byte{byte(w), byte(i)})
				} else {
					_ = s.WriteAside(wire.OpcodePong, []byte{byte(w), byte(i)})
				}
			}
			done <- struct{}{}
		}()
	}
	go func() {
		for range writers {
			<-done
		}
		if err := s.WriteAside(wire.OpcodeClose, []byte("\x03\xe8")); err != nil {
			t.Error(err)
		}
		for _, op := range []wire.Opcode{wire.OpcodeClose, wire.OpcodePong} {
			if err := s.WriteAside(op, nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after a close frame: %v", err)
			}
		}
		_ = s.Close()
	}()
	sent, err := io.ReadAll(peer)
	if err != nil {
		t.Fatal(err)
	}
	var seen [writers]int
	for len(sent) > 0 {
		f, ok := wire.ParseHeader(sent)
		if !ok || int(f.FrameSize()) > len(sent) {
			t.Fatalf("no whole frame: %q", sent)
		}
		data := sent[f.Size:f.FrameSize()]
		if sent = sent[f.FrameSize():]; f.Opcode == wire.OpcodeClose {
			break
		}
		if w := data[0]; data[1] != byte(seen[w]) {
			t.Fatalf("of %d comes %d after %d", w, data[1], seen[w])
		}
		seen[data[0]]++
	}
	if seen != [writers]int{each, each, each, each} || len(sent) > 0 {
		t.Errorf("got %d, and %d bytes after the close frame", seen, len(sent))
	}
}

// A peer for which too much is put aside is given up.
func TestTooMuchAside(t *testing.T) {
	s := New(nil, Options{Maximum: 1000})
	s.StartFraming()
	s.Cork()
	err := error(nil)
	for i := 0; err == nil && i < 1000; i++ {
		err = s.WriteAside(wire.OpcodePong, bytes.Repeat([]byte("x"), 100))
	}
	if !errors.Is(err, errPendingOverflow) || s.waiting() {
		t.Errorf("got %v, waiting %t", err, s.waiting())
	}
}

// What was detached closes nothing.
func TestDetach(t *testing.T) {
	for _, detached := range []bool{false, true} {
		s, _ := polledPair(t)
		u := s.Upgraded(s, nil)
		if detached {
			u.Detach()
		}
		if err := u.Close(); err != nil || s.Closing() == detached {
			t.Errorf("detached %t: closing %t, %v", detached, s.Closing(), err)
		}
	}
}
