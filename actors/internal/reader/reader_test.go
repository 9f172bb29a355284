package reader

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/messages"
)

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// All that a peer says is handled, in order, and that it has closed comes last.
func TestReads(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking, epoch: 7, config: Config{MaxUnhandled: 10, Notes: true}})
		if _, ever := tr.reader.LastMessage(); ever {
			t.Error("it has a last message before there is one")
		}
		var said []string
		for n := range 500 {
			said = append(said, fmt.Sprint(n))
		}
		said = append(said, strings.Repeat("large", 30_000), "after it")
		go func() {
			for _, text := range said {
				_ = tr.peer.Write(wire.OpcodeText, []byte(text))
			}
			_ = tr.peer.Close(messages.CloseNormal, "bye")
		}()
		for _, want := range said {
			if got := tr.next(); got != want {
				t.Fatalf("got %d bytes, %.20s; want %.20s", len(got), got, want)
			}
		}
		if e := <-tr.owner.ended; !isA[*messages.PeerClosedError](e.why) || !e.open {
			t.Errorf("ended with %v, open: %v", e.why, e.open)
		}
		if _, ever := tr.reader.LastMessage(); !ever {
			t.Error("it has no last message")
		}
		for tr.link.Unhandled() > 0 { // given back in batches, and when nothing is left
			runtime.Gosched()
		}
	})
}

// Compressed messages are read as well, those too that a goroutine has to wait for: as many
// as the handler has room for, until the end.
func TestReadsCompressed(t *testing.T) {
	for name, size := range map[string]int{"small": 600, "large": 300_000} {
		t.Run(name, func(t *testing.T) {
			tr := try(t, setup{deflates: true, config: Config{MaxUnhandled: 2}})
			var said []string
			for n := range 20 {
				random := rand.New(rand.NewPCG(uint64(n), 1))
				text := make([]byte, size)
				for i := range text {
					text[i] = byte(' ' + random.IntN(90))
				}
				said = append(said, string(text))
			}
			go func() {
				for _, text := range said {
					_ = tr.peer.Write(wire.OpcodeText, []byte(text))
				}
				_ = tr.peer.Close(messages.CloseNormal, "bye")
			}()
			for n, want := range said {
				if got := tr.next(); got != want {
					t.Fatalf("message %d is another, of %d bytes", n, len(got))
				}
			}
			if e := <-tr.owner.ended; !isA[*messages.PeerClosedError](e.why) || !e.open {
				t.Errorf("ended with %v, open: %v", e.why, e.open)
			}
		})
	}
}

// A reader whose handler has as much before it as it may have waits, until half of that is
// handled.
func TestWaitsForTheHandler(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		handle := make(chan struct{})
		tr := try(t, setup{blocking: blocking, config: Config{MaxUnhandled: 4}, handle: func(m any) {
			if _, ok := m.(*messages.Received); ok {
				<-handle
			}
		}})
		for n := range 20 {
			tr.say(fmt.Sprint(n))
		}
		for !tr.link.Paused() || !tr.reader.Paused() {
			runtime.Gosched()
		}
		if n := tr.link.Unhandled(); n != 4 {
			t.Errorf("%d are before the handler", n)
		}
		close(handle)
		for n := range 20 {
			if got := tr.next(); got != fmt.Sprint(n) {
				t.Errorf("got %s, want %d", got, n)
			}
		}
	})
}

// Nothing is delivered once nobody wants it, but reading goes on to the peer's close.
func TestQuiet(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking, config: Config{MaxUnhandled: 1}})
		tr.say("before")
		if got := tr.next(); got != "before" {
			t.Errorf("got %q", got)
		}
		tr.reader.Quiet()
		for range 10 {
			tr.say("after")
		}
		_ = tr.peer.Close(messages.CloseGoingAway, "")
		if e := <-tr.owner.ended; !isA[*messages.PeerClosedError](e.why) {
			t.Errorf("ended with %v", e.why)
		}
		for len(tr.handled) > 0 {
			if m, ok := (<-tr.handled).(*messages.Received); ok {
				t.Errorf("it delivers %s", m.Data)
			}
		}
	})
}

// What ends the reading is told once; the socket is closed of a peer that cannot hear any
// more.
func TestEnds(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		for name, test := range map[string]struct {
			do   func(tr *trial)
			is   func(error) bool
			open bool
		}{
			"cut": {func(tr *trial) { tr.peer.Abort() }, isA[*messages.ReadError], false},
			"closed here": {func(tr *trial) {
				tr.reader.ws.Socket.Abort()
			}, func(err error) bool { return errors.Is(err, net.ErrClosed) }, false},
			"against the rules":    {func(tr *trial) { _ = tr.peer.WriteAside(wire.Opcode(0x41), []byte("x")) }, isA[*messages.ProtocolError], true},
			"too big":              {func(tr *trial) { _ = tr.peer.Write(wire.OpcodeText, make([]byte, 100_001)) }, isA[*messages.ReadLimitError], true},
			"no text":              {func(tr *trial) { tr.say("\xff") }, isA[*messages.InvalidUTF8Error], true},
			"no text, and large":   {func(tr *trial) { tr.say(strings.Repeat("a", 50_000) + "\xff") }, isA[*messages.InvalidUTF8Error], true},
			"cut inside a message": {half, isA[*messages.ReadError], false},
		} {
			t.Run(name, func(t *testing.T) {
				tr := try(t, setup{blocking: blocking, limit: 100_000})
				test.do(tr)
				e := <-tr.owner.ended
				if !test.is(e.why) || e.open != test.open {
					t.Errorf("ended with %v, open: %v", e.why, e.open)
				}
			})
		}
	})
}

// half has the peer end in the middle of a large message.
func half(tr *trial) {
	_, _ = tr.peer.Socket.Conn.Write(append([]byte{0x82, 0x7e, 0xff, 0xff}, make([]byte, 20_000)...))
	tr.peer.CloseNow()
}

// What is in the way of messages may drop them, change them, pass them on or fail.
func TestFilter(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking, config: Config{MaxUnhandled: 2}, filter: func(m *messages.Received) (any, error) {
			switch string(m.Data) {
			case "drop":
				return nil, nil
			case "pass on":
				return PassedOn, nil
			case "fail":
				return nil, &messages.HandlerError{Reason: io.EOF}
			case "change":
				return &messages.Received{Conn: m.Conn, Epoch: m.Epoch, Data: []byte("changed")}, nil
			default:
				return m, nil
			}
		}})
		for _, text := range []string{"keep", "drop", "change", "pass on", "keep"} {
			tr.say(text)
		}
		for _, want := range []string{"keep", "changed", "keep"} {
			if got := tr.next(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		for !blocking && tr.link.Unhandled() != 1 { // a goroutine that waits has credit for what may come
			runtime.Gosched()
		}
		tr.link.Give(1) // of whoever got what was passed on
		tr.say("fail")
		if e := <-tr.owner.ended; !isA[*messages.HandlerError](e.why) || !e.open {
			t.Errorf("ended with %v, open: %v", e.why, e.open)
		}
	})
}

// A panic on a goroutine that is no actor's ends the reading.
func TestFilterThatPanics(t *testing.T) {
	tr := try(t, setup{blocking: true, filter: func(*messages.Received) (any, error) { panic("filter") }})
	tr.say("x")
	if e := <-tr.owner.ended; !isA[*messages.InternalError](e.why) {
		t.Errorf("ended with %v", e.why)
	}
}

// A handler that is not the owner's alone says itself what it has handled.
func TestSharedHandler(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking, shared: true, config: Config{MaxUnhandled: 2}})
		for n := range 6 {
			tr.say(fmt.Sprint(n))
		}
		for n := range 6 {
			if m := (<-tr.owner.told).(*messages.Received); string(m.Data) != fmt.Sprint(n) {
				t.Errorf("told %s", m.Data)
			}
			tr.link.Give(1)
		}
		for range 6 {
			tr.say("x")
		}
		for !tr.link.Paused() {
			runtime.Gosched()
		}
		tr.link.Reset()
		for range 6 {
			<-tr.owner.told
			tr.link.Give(1)
		}
	})
}

// Heartbeats of payloads are not for the handler, and pongs neither.
func TestHeartbeats(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking, config: Config{
			Reply:   &Exchange{Ask: []byte("ping?"), Answer: []byte("pong!")},
			Payload: &Exchange{Ask: []byte("there?"), Answer: []byte("here!")},
		}})
		tr.say("ping?")
		if got := tr.heard(); got != "pong!" {
			t.Errorf("answered %q", got)
		}
		tr.say("here!")
		<-tr.owner.answered
		_ = tr.reader.ws.Write(wire.OpcodePing, []byte("number"))
		go func() { _, _, _ = tr.peer.Next() }()
		if got := <-tr.owner.pongs; string(got) != "number" {
			t.Errorf("pong of %q", got)
		}
		_ = tr.peer.Write(wire.OpcodeBinary, []byte("ping?"))
		if got := tr.next(); got != "ping?" {
			t.Errorf("got %q", got)
		}
	})
}

// A reader that is stopped leaves its socket closed.
func TestStopped(t *testing.T) {
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking})
		tr.say("x")
		tr.next()
		tr.link.Detach()
		tr.link.Reset() // wakes nobody
		if tr.link.Attached() || tr.link.Paused() {
			t.Error("it is attached")
		}
		if blocking {
			tr.reader.ws.Socket.Abort() // its goroutine waits
		}
		tr.reader.inbox.Guard(nil).Do(func() { tr.owner.Guard(tr.reader.inbox.Context().ActorSystem()).Stop(tr.pid) })
		for err := error(nil); err == nil; {
			_, _, err = tr.peer.Next()
		}
	})
}

// What has arrived is read before somebody gives up: he is told then, once.
func TestCatchingUp(t *testing.T) {
	(*Reader)(nil).AfterCatchingUp(0, func() {})
	both(t, func(t *testing.T, blocking bool) {
		tr := try(t, setup{blocking: blocking})
		for n := range 100 {
			tr.say(fmt.Sprint(n))
		}
		for range 3 {
			told := make(chan struct{}, 10)
			tr.reader.AfterCatchingUp(time.Millisecond, func() { told <- struct{}{} })
			<-told
		}
		for n := range 100 {
			if got := tr.next(); got != fmt.Sprint(n) {
				t.Errorf("got %s, want %d", got, n)
			}
		}
		// In the middle of a large message, which a goroutine waits for.
		_, _ = tr.peer.Socket.Conn.Write(append([]byte{0x82, 0x7e, 0xff, 0xff}, make([]byte, 20_000)...))
		for tr.reader.ws.Socket.Received() < 20_000 {
			runtime.Gosched()
		}
		told := make(chan struct{}, 10)
		tr.reader.AfterCatchingUp(0, func() { told <- struct{}{} })
		<-told
		_, _ = tr.peer.Socket.Conn.Write(make([]byte, 45_535))
		if got := tr.next(); len(got) != 65_535 {
			t.Errorf("got %d bytes", len(got))
		}
		tr.peer.Abort()
		<-tr.owner.ended
		tr.reader.AfterCatchingUp(0, func() { told <- struct{}{} })
		if !blocking {
			<-told // there will be nothing more
		}
	})
}
