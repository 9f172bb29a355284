package actors_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// frameOf reads one masked frame of less than 64 KiB, as clients send them.
func frameOf(r io.Reader) (opcode byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	size := int(head[1] & 0x7f)
	if size == 126 {
		var long [2]byte
		_, _ = io.ReadFull(r, long[:])
		size = int(binary.BigEndian.Uint16(long[:]))
	}
	var key [4]byte
	if head[1]&0x80 != 0 {
		_, _ = io.ReadFull(r, key[:])
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(r, payload)
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return head[0] & 0x0f, payload, err
}

// heardOut is what a peer got of an answer: so many messages, and then the close code.
type heardOut struct {
	texts int
	code  uint16
	err   error
}

func (h heardOut) String() string {
	return fmt.Sprintf("%d messages, closed with %d, %v", h.texts, h.code, h.err)
}

// hearOut reads what a peer is told until the close frame.
func hearOut(r io.Reader) (h heardOut) {
	for {
		opcode, payload, err := frameOf(r)
		switch {
		case err != nil:
			h.err = err
			return h
		case opcode == 0x8 && len(payload) >= 2:
			h.code = binary.BigEndian.Uint16(payload)
			return h
		case opcode == 0x8:
			h.code = 1005
			return h
		case opcode == 0x1:
			if want := fmt.Sprint(h.texts); string(payload) != want {
				h.err = fmt.Errorf("got %q, want %q", payload, want)
				return h
			}
			h.texts++
		}
	}
}

// asksAndCloses is a peer that sends messages and, in the same breath, last, and then
// reads what it is told.
func asksAndCloses(questions int, last []byte, heard chan<- heardOut) wstest.Peer {
	return func(conn net.Conn) {
		reader, err := wstest.Upgrade(conn)
		if err != nil {
			return
		}
		var all []byte
		for i := range questions {
			all = append(all, wstest.Frame(0x81, []byte(fmt.Sprint(i)))...)
		}
		said := make(chan struct{})
		go func() { // in memory a write waits for the reader
			defer close(said)
			_, _ = conn.Write(append(all, last...))
		}()
		h := hearOut(reader)
		<-said
		heard <- h
	}
}

// wires are frames as an opponent sends them.
func wires(o *opponent, frames []fragment) (wire []byte) {
	for _, f := range frames {
		wire = append(wire, o.wire(f)...)
	}
	return wire
}

// lastFrames are ways in which a peer ends what it says, and the code that it is told.
var lastFrames = map[string]struct {
	frames []fragment
	code   uint16
	cause  messages.CloseCause
	clean  bool
}{
	"close":           {[]fragment{closing("\x0f\xa0")}, 4000, messages.CausePeer, true},
	"close, no code":  {[]fragment{closing("")}, 1005, messages.CausePeer, true},
	"bad opcode":      {[]fragment{{head: 0x83, payload: "x"}}, 1002, messages.CauseFailure, false},
	"bad text":        {[]fragment{text("\xff")}, 1007, messages.CauseFailure, false},
	"too large":       {[]fragment{binaries(tooLarge)}, 1009, messages.CauseFailure, false},
	"bad, then close": {[]fragment{text("\xff"), closing("\x03\xef")}, 1007, messages.CauseFailure, true},
	"large and close": {[]fragment{binaries(tooLarge), closing("\x03\xf1")}, 1009, messages.CauseFailure, true},
}

var tooLarge = strings.Repeat("\x00", 70_000)

// thinking returns a handler's props that answer every message, to which it listens for
// a while.
func thinking(events *wstest.Recorder, think func()) func() actor.Actor {
	return func() actor.Actor {
		recorder := events.Handler()
		return actor.ReceiveFunc(func(ctx actor.Context) {
			if m, ok := ctx.Message().(*messages.Received); ok {
				think()
				ctx.Send(m.Conn, messages.TextBytes(m.Data))
			}
			recorder.Receive(ctx)
		})
	}
}

// What a handler says to all that came before a peer's close frame, or before what it
// may not send, is written before it is answered.
func TestAnswersComeBeforeTheClose(t *testing.T) {
	for name, last := range lastFrames {
		for _, questions := range []int{0, 1, 200} {
			name := fmt.Sprintf("%d, %s", questions, name)
			test := func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, think func()) {
				heard := make(chan heardOut, 1)
				server.Become(asksAndCloses(questions, wires(&opponent{}, last.frames), heard))
				events := wstest.NewRecorder()
				conn := connectTo(t, sup, server, actors.WithHandler(thinking(events, think)), actors.WithReadLimit(65_536))
				if h := <-heard; h.texts != questions || h.code != last.code || h.err != nil {
					t.Errorf("the peer heard %v", h)
				}
				wstest.Next[*messages.Opened](t, events)
				for range questions {
					wstest.Next[*messages.Received](t, events)
				}
				if last.cause == messages.CauseFailure {
					wstest.Next[*messages.Failed](t, events)
				}
				e := wstest.Next[*messages.Closed](t, events)
				if e.Code != messages.CloseCode(last.code) || e.Cause != last.cause || e.Clean != last.clean {
					t.Errorf("got %s, %s", wstest.Describe(e), e.Cause)
				}
				closeAndWait(t, conn, events)
			}
			t.Run(name+", in memory", func(t *testing.T) {
				inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
					test(t, sup, server, func() { pass(time.Millisecond) })
				})
			})
			t.Run(name+", on loopback", func(t *testing.T) {
				onLoopback(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
					test(t, sup, server, func() {})
				})
			})
		}
	}
}
