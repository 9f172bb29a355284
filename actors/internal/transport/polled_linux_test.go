package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// polledPair returns a socket of which a poller tells, and its peer: what that writes has
// arrived.
func polledPair(t *testing.T) (*Socket, net.Conn) {
	t.Helper()
	fds := socketPair(t)
	p := NewPoller()
	t.Cleanup(func() { _ = p.Close() })
	s := New(connOf(t, fds[0]), Options{
		Maximum: 1 << 20, WriteTimeout: time.Minute, Rules: wire.Rules{Limit: 1 << 20},
		Poller: func() *Poller { return p },
	})
	t.Cleanup(s.Abort)
	return s, connOf(t, fds[1])
}

func say(t *testing.T, peer net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(peer, text); err != nil {
		t.Fatal(err)
	}
}

// The reader is told of what arrives, but while it does not watch; of the end; and after
// it has gone of nothing.
func TestPollerTells(t *testing.T) {
	s, peer := polledPair(t)
	r := newTold()
	if !s.Register(r) {
		t.Fatal("the poller does not take it")
	}
	say(t, peer, "x")
	if <-r.hangUps {
		t.Error("told of an end")
	}
	s.Unwatch()
	say(t, peer, "x")
	s.Watch()
	if <-r.hangUps || len(r.hangUps) > 0 {
		t.Error("not told once of what came meanwhile")
	}
	_ = peer.Close()
	if !<-r.hangUps {
		t.Error("not told of the end")
	}
	s.Unregister()
	if s.poller.place(s.registered.fd).Load() != nil || s.reader.Load() != nil {
		t.Error("it is told though it has gone")
	}
}

// Who shuts a socket tells its reader: the kernel does not.
func TestShutIsReadable(t *testing.T) {
	s, _ := polledPair(t)
	r := newTold()
	s.SetReader(r)
	s.Abort()
	if <-r.hangUps {
		t.Error("told of the peer's end")
	}
	if _, _, err := s.Fill(); !errors.Is(err, net.ErrClosed) || !s.Broken() || !s.Closing() {
		t.Errorf("reads %v", err)
	}
}

// A socket that no poller can take has no reader for it.
func TestRegisterWithoutPoller(t *testing.T) {
	s, _ := polledPair(t)
	_ = s.poller.Close()
	r := newTold()
	if s.Register(r) || s.reader.Load() != nil {
		t.Error("it is registered")
	}
	s.Unregister()
}

// The answer to a handshake is read by lines, so that nobody has what comes after it.
// Then frames are, each as a whole and none of the next; what is not there is for later.
func TestReadsLinesThenFrames(t *testing.T) {
	s, peer := polledPair(t)
	say(t, peer, "HTTP/1.1 101\r\n\r\n\x89\x01p\x02\x01")
	room := make([]byte, 100)
	for _, line := range []string{"HTTP/1.1 101\r\n", "\r\n"} {
		if n, err := s.Read(room); err != nil || string(room[:n]) != line {
			t.Errorf("reads %q, %v, want %q", room[:n], err, line)
		}
	}
	if !s.Frames() || !s.Framed() {
		t.Fatal("frames are not read")
	}
	if !s.Whole() || s.Fragmented() || s.incoming.left > 0 {
		t.Error("the ping is not there")
	}
	if n, err := s.Read(room[:2]); err != nil || string(room[:n]) != "\x89\x01" || s.incoming.left == 0 {
		t.Errorf("reads %q, %v", room[:n], err)
	}
	if n, err := s.Read(room); err != nil || string(room[:n]) != "p" || s.incoming.left > 0 {
		t.Errorf("reads %q, %v", room[:n], err)
	}
	if _, err := s.Read(room); !errors.Is(err, ErrLater) || !s.Begun() || !s.Fragmented() || s.Fits() {
		t.Errorf("of half a fragment reads %v", err)
	}
	say(t, peer, "h\x80\x01i")
	if n, more, err := s.Fill(); n != 4 || more || err != nil {
		t.Errorf("fills %d bytes, %t, %v", n, more, err)
	}
	s.SetPatient(true)
	for _, frame := range []string{"\x02\x01h", "\x80\x01i"} {
		if n, err := s.Read(room); err != nil || string(room[:n]) != frame {
			t.Errorf("reads %q, %v, want %q", room[:n], err, frame)
		}
	}
	if s.Begun() {
		t.Error("something is left")
	}
	if got := s.Received(); got != uint64(len("HTTP/1.1 101\r\n\r\n\x89\x01p\x02\x01h\x80\x01i")) {
		t.Errorf("%d bytes received", got)
	}
}

// A frame that is larger than what is read at a time is read past the buffer, and ends
// where it ends.
func TestReadsLargeFrame(t *testing.T) {
	s, peer := polledPair(t)
	frame := string(wire.AppendFrame(nil, wire.OpcodeBinary, bytes.Repeat([]byte("x"), 3*frameBufferSize), false))
	say(t, peer, frame+"\x82\x01y")
	s.Frames()
	for more := true; more && !s.Full(); {
		_, more, _ = s.Fill()
	}
	if s.Whole() || s.Fits() || !s.Full() {
		t.Error("it is there as a whole")
	}
	if err := s.Inspect(); err != nil {
		t.Error(err)
	}
	s.SetPatient(true)
	var read strings.Builder
	for room := make([]byte, 10_000); read.Len() < len(frame); {
		n, err := s.Read(room)
		if read.Write(room[:n]); err != nil {
			t.Fatal(err)
		}
	}
	if read.String() != frame {
		t.Errorf("read %d bytes that are others", read.Len())
	}
	if _, _, err := s.Fill(); err != nil || !s.Whole() {
		t.Errorf("the next is not there: %v", err)
	}
	if kind, data, err := s.TakeMessage(); err != nil || kind != wire.OpcodeBinary || string(data) != "y" {
		t.Errorf("took %v %q", kind, data)
	}
}

// What is against the rules is seen before the frame is there, be it in the buffer or
// past it; and an end in the middle of a message is none that was meant.
func TestReadsNoViolation(t *testing.T) {
	for name, test := range map[string]struct {
		wire     string
		violates bool
	}{
		"a whole": {"\x83\x00", true}, "the beginning": {"\x81\x7e\x40\x00\xff", true},
		"an end": {"\x81\x02x", false}, "an end between fragments": {"\x01\x01x", false},
	} {
		s, peer := polledPair(t)
		say(t, peer, test.wire)
		_ = peer.Close()
		s.Frames()
		s.SetPatient(true)
		_, err := io.ReadAll(s)
		var v *wire.Violation
		if errors.As(err, &v) != test.violates || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, peer := polledPair(t)
	say(t, peer, "\x81\x7e\x40\x00\xff")
	s.Frames()
	_, _, _ = s.Fill()
	if !s.Begun() || s.Inspect() == nil {
		t.Error("nothing is against it before all is there")
	}
}

// Arrivals that follow each other make a socket busy, until it is calmed.
func TestBusy(t *testing.T) {
	s, peer := polledPair(t)
	for range 2 * busyStreak {
		say(t, peer, "x")
		if _, _, err := s.Fill(); err != nil {
			t.Fatal(err)
		}
	}
	if !s.Busy() || s.LastRead() == 0 || s.LastRead() > s.Now() {
		t.Error("it is not busy")
	}
	if s.Calm(); s.Busy() {
		t.Error("it is not calm")
	}
}

// Waiting ends when f has what it waits for, or when it is to.
func TestWait(t *testing.T) {
	s, peer := polledPair(t)
	say(t, peer, "x")
	if err := s.Wait(func() bool { n, _, _ := s.Fill(); return n > 0 }); err != nil {
		t.Error(err)
	}
	_ = s.SetDeadline(time.Unix(1, 0))
	if err := s.Wait(func() bool { return false }); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("waits until %v", err)
	}
}

// A deadline that was for Wait is none for who reads.
func TestReadForgetsDeadline(t *testing.T) {
	s, peer := polledPair(t)
	s.Frames()
	s.SetPatient(true)
	_ = s.SetReadDeadline(time.Unix(1, 0))
	read := make(chan error)
	go func() { _, err := s.Read(make([]byte, 10)); read <- err }()
	for !s.Reading() {
		runtime.Gosched()
	}
	say(t, peer, "\x82\x01x")
	if err := <-read; err != nil {
		t.Error(err)
	}
}

// What the kernel does not take waits, and its writer is told when it is taken.
func TestWritesWhenTheKernelTakesNothing(t *testing.T) {
	s, peer := polledPair(t)
	taken := make(chan error, 1)
	s.Notify(func(err error) { taken <- err })
	written := 0
	for s.Ready() {
		n, err := s.Write(make([]byte, 32<<10))
		if written += n; err != nil {
			t.Fatal(err)
		}
	}
	if s.Taken() {
		t.Error("it is taken")
	}
	if _, err := io.CopyN(io.Discard, peer, int64(written)); err != nil {
		t.Fatal(err)
	}
	if err := <-taken; err != nil {
		t.Error(err)
	}
	for !s.Taken() {
		<-taken
	}
}

// A peer that makes this side answer and reads nothing is refused in the end.
func TestOverflow(t *testing.T) {
	s, _ := polledPair(t)
	var err error
	for err == nil {
		_, err = s.Write(make([]byte, 32<<10))
	}
	if !errors.Is(err, errPendingOverflow) || s.Failure() != err {
		t.Errorf("fails with %v", err)
	}
	failed := make(chan error, 1)
	if s.Notify(func(err error) { failed <- err }); <-failed != err {
		t.Error("who asks later is not told")
	}
	if err := s.WriteFrame(wire.OpcodeText, nil); !errors.Is(err, errPendingOverflow) {
		t.Errorf("a frame fails with %v", err)
	}
}

// A socket whose peer is gone fails, and who writes sees that.
func TestWriteToNobody(t *testing.T) {
	s, peer := polledPair(t)
	_ = peer.Close()
	for err := error(nil); err == nil; {
		_, err = s.Write([]byte("x"))
	}
	if s.Failure() == nil || s.Taken() {
		t.Error("it has not failed")
	}
	if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
