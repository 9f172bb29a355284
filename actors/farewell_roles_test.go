package actors_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
)

// roles are both roles on a socket, in the clear and under TLS.
var roles = []side{{}, {server: true}, {secure: true}, {server: true, secure: true}}

// hears checks what an opponent is told, in order.
func (o *opponent) hears(t *testing.T, wanted ...string) {
	t.Helper()
	for i, want := range wanted {
		if got := o.next(); got != want {
			t.Errorf("got %s, want %s as number %d of %d", got, want, i+1, len(wanted))
			return
		}
	}
}

func closedWith(code uint16) string {
	if code == 1005 {
		return "close"
	}
	return fmt.Sprintf("close:%d", code)
}

// A server answers before a close as a client does, and TLS makes no difference.
func TestAnswersComeBeforeTheCloseInBothRoles(t *testing.T) {
	for _, s := range roles {
		events := wstest.NewRecorder()
		meet := s.arena(t, actors.WithHandler(thinking(events, func() {})), actors.WithReadLimit(65_536))
		for name, last := range lastFrames {
			for _, questions := range []int{0, 1, 200} {
				t.Run(fmt.Sprintf("%s, %d, %s", s, questions, name), func(t *testing.T) {
					o := meet(t, "")
					frames, wanted := make([]fragment, questions), make([]string, questions)
					for i := range frames {
						frames[i] = text(fmt.Sprint(i))
						wanted[i] = told(0x81, []byte(frames[i].payload))
					}
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						o.send(1<<20, append(frames, last.frames...)...)
					}()
					o.hears(t, append(wanted, closedWith(last.code))...)
					<-sent
					_ = o.conn.Close()
					e := events.Last(t)
					if e.Code != messages.CloseCode(last.code) || e.Cause != last.cause || e.Clean != last.clean {
						t.Errorf("got %s, %s", wstest.Describe(e), e.Cause)
					}
				})
			}
		}
	}
}

// A peer that answers the close frame it got for an error has closed as it should.
func TestPeerAnswersTheCloseOfAnError(t *testing.T) {
	const half = 35_000
	for _, s := range roles {
		for _, s.deflates = range []bool{false, true} {
			events := wstest.NewRecorder()
			meet := s.arena(t, actors.WithHandler(events.Handler), actors.WithReadLimit(65_536))
			for name, test := range map[string]struct {
				code    uint16
				frames  []fragment
				rest    string // of the last frame
				deflate bool
			}{
				"bad opcode":               {code: 1002, frames: []fragment{{head: 0x83, payload: "x"}}},
				"bad text":                 {code: 1007, frames: []fragment{text("\xff")}},
				"bad text in fragments":    {code: 1007, frames: []fragment{{head: 0x01, payload: "\xff"}}},
				"bad text, more to come":   {code: 1007, frames: []fragment{{head: 0x81, payload: "\xff", more: half}}, rest: tooLarge[:half]},
				"bad text, deflated":       {code: 1007, frames: []fragment{{head: 0xc1, payload: "\xff", deflate: true}}, deflate: true},
				"bad reason":               {code: 1007, frames: []fragment{closing("\x03\xe8\xff")}},
				"too large":                {code: 1009, frames: []fragment{binaries(tooLarge)}},
				"too large, more to come":  {code: 1009, frames: []fragment{{head: 0x82, payload: tooLarge[half:], more: half}}, rest: tooLarge[:half]},
				"too large, header alone":  {code: 1009, frames: []fragment{{head: 0x82, more: len(tooLarge)}}, rest: tooLarge},
				"too large once inflated":  {code: 1009, frames: []fragment{{head: 0xc2, payload: tooLarge, deflate: true}}, deflate: true},
				"inflated from many":       {code: 1009, frames: []fragment{{head: 0x42, payload: strings.Repeat(tooLarge, 3), deflate: true}}, deflate: true},
				"too large, in fragments":  {code: 1009, frames: cut(binaries(tooLarge), half-1)},
				"masked by the wrong side": {code: 1002},
			} {
				if test.deflate && !s.deflates {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s", s, name), func(t *testing.T) {
					o := meet(t, "")
					if test.frames == nil {
						o.masks = !o.masks
						o.send(0, text("hi"))
						o.masks = !o.masks
					}
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						o.send(0, test.frames...)
					}()
					o.hears(t, closedWith(test.code))
					<-sent
					if _, err := o.conn.Write([]byte(test.rest)); err != nil {
						t.Error(err)
					}
					o.send(0, closing(string([]byte{byte(test.code >> 8), byte(test.code)})))
					e := events.Last(t)
					if e.Code != messages.CloseCode(test.code) || e.Cause != messages.CauseFailure || !e.Clean {
						t.Errorf("got %s, %s", wstest.Describe(e), e.Cause)
					}
				})
			}
		}
	}
}
