package actors_test

import (
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
)

// abCase is a case of the Autobahn WebSocket Testsuite, by its number: what it sends,
// and what it must get, strictly.
type abCase struct {
	id     string
	frames []fragment
	pieces int    // bytes at a time; zero for a frame at a time
	want   string // in order; if that is no close, the opponent closes after it
	// extension is what a client offers.
	extension string
}

func text(payload string) fragment     { return fragment{head: 0x81, payload: payload} }
func binaries(payload string) fragment { return fragment{head: 0x82, payload: payload} }
func ping(payload string) fragment     { return fragment{head: 0x89, payload: payload} }
func closing(payload string) fragment {
	return fragment{head: 0x88, payload: payload}
}

// The cases of the Autobahn Testsuite, for both roles, with and without compression, on
// a socket and in memory: see autobahn_*_test.go.
func TestAutobahn(t *testing.T) {
	for _, s := range sides() {
		t.Run(s.String(), func(t *testing.T) {
			meet := s.arena(t, echoing, actors.WithMaxUnhandled(4096))
			for _, section := range []func() []abCase{
				abFraming, abPings, abReserved, abFragments, abUTF8, abCloses, abLimits,
			} {
				for _, c := range section() {
					c.run(t, meet(t, c.extension))
				}
			}
			if s.deflates {
				for _, c := range abCompression() {
					c.run(t, meet(t, c.extension))
				}
			}
		})
	}
}

var echoing = actors.WithHandler(echoes)

func (c abCase) run(t *testing.T, o *opponent) {
	t.Helper()
	defer o.conn.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		o.send(c.pieces, c.frames...)
	}()
	wanted := append(strings.Fields(c.want), "end")
	for i, want := range wanted {
		if want == "end" && !strings.Contains(c.want, "close") {
			<-sent
			o.send(0, closing("\x03\xe8"))
			if got := o.next(); got != "close:1000" {
				t.Errorf("%s: closing, got %s", c.id, got)
			}
		}
		got := strings.ReplaceAll(o.next(), " ", "_")
		if got != want {
			t.Errorf("%s: got %s, want %s as number %d of %s", c.id, got, want, i+1, c.want)
			break
		}
	}
	_ = o.conn.Close()
	<-sent
}

// comesBack is what comes back of messages and pings.
func comesBack(frames ...fragment) string {
	var all []string
	for _, f := range frames {
		if f.head == 0x89 {
			f.head = 0x8a
		}
		all = append(all, strings.ReplaceAll(told(f.head, []byte(f.payload)), " ", "_"))
	}
	return strings.Join(all, " ")
}
