package actors_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// A server must not mask: the handler never sees what it masked, and it is told 1002.
func TestMaskedFrameFromServer(t *testing.T) {
	for name, frame := range map[string]fragment{
		"text": text("hi"), "binary": binaries("hi"), "ping": ping("hi"), "close": closing("\x03\xe8"),
		"deflated": {head: 0xc1, payload: "hi", deflate: true}, "no payload": text(""),
	} {
		for _, memory := range []bool{false, true} {
			s := side{deflates: true, memory: memory}
			o := s.arena(t, echoing)(t, "")
			o.masks = true
			o.send(0, frame)
			o.masks = false
			if got := o.next(); got != "close:1002" {
				t.Errorf("%s, in memory %t: got %s", name, memory, got)
			}
		}
	}
}

// What is against the rules under TLS is seen above it, at either end; what happens to
// TLS itself is no fault of WebSocket's.
func TestReasonsUnderTLS(t *testing.T) {
	type reason struct {
		then   func(*opponent)
		failed func(error) bool
		code   messages.CloseCode
	}
	inTheClear := func(raw string) func(*opponent) {
		return func(o *opponent) { _, _ = io.WriteString(o.conn.(*tls.Conn).NetConn(), raw) }
	}
	reasons := map[string]reason{
		"too big": {
			func(o *opponent) { o.send(0, fragment{head: 0x82, more: 1 << 30}) },
			is[*messages.ReadLimitError], messages.CloseMessageTooBig,
		},
		"close_notify without a close frame": {
			func(o *opponent) { _ = o.conn.(*tls.Conn).CloseWrite() }, is[*messages.ReadError], messages.CloseAbnormal,
		},
		"an alert in the clear": {inTheClear("\x15\x03\x03\x00\x02\x02\x28"), is[*messages.ReadError], messages.CloseAbnormal},
		"rubbish":               {inTheClear("HTTP/1.1 400 Bad Request\r\n\r\n"), is[*messages.ReadError], messages.CloseAbnormal},
		"pings, and no pong is read": {
			func(o *opponent) {
				for frame := o.wire(ping(tooLarge[:125])); ; {
					if _, err := o.conn.Write(frame); err != nil {
						return
					}
				}
			},
			is[*messages.WriteError], messages.CloseAbnormal,
		},
	}
	for name, frame := range map[string]fragment{
		"text": text("hi"), "binary": binaries("hi"), "ping": ping("hi"), "close": closing("\x03\xe8"),
	} {
		reasons[name+" masked by the wrong side"] = reason{
			func(o *opponent) { _, _ = o.conn.Write((&opponent{masks: !o.masks}).wire(frame)) },
			is[*messages.ProtocolError], messages.CloseProtocolError,
		}
	}
	for _, server := range []bool{false, true} {
		s, events := side{server: server, secure: true}, wstest.NewRecorder()
		meet := s.arena(t, actors.WithHandler(events.Handler), actors.WithQueue(4, 1000), actors.WithReadLimit(1000))
		for name, test := range reasons {
			t.Run(fmt.Sprintf("%s, %s", s, name), func(t *testing.T) {
				o := meet(t, "")
				wstest.Next[*messages.Opened](t, events)
				done := make(chan struct{})
				go func() {
					defer close(done)
					test.then(o)
				}()
				if test.code != messages.CloseAbnormal {
					o.hears(t, closedWith(uint16(test.code)))
					<-done
					_ = o.conn.Close()
				}
				failed := wstest.Next[*messages.Failed](t, events)
				closed := wstest.Next[*messages.Closed](t, events)
				if err := failed.Err; !test.failed(err) || is[*messages.ProtocolError](err) != (test.code == messages.CloseProtocolError) || closed.Code != test.code {
					t.Errorf("got %v, %s", err, wstest.Describe(closed))
				}
				_ = o.conn.Close()
				<-done
			})
		}
	}
}

// A server under TLS sees what its client sends, also what came with the request.
func TestRulesOfServerUnderTLS(t *testing.T) {
	server := httptest.NewTLSServer(actors.Accept(start(t), actors.WithHandler(echoes)))
	defer server.Close()
	for _, together := range []bool{true, false} {
		conn, err := tls.Dial("tcp", server.Listener.Addr().String(), server.Client().Transport.(*http.Transport).TLSClientConfig)
		if err != nil {
			t.Fatal(err)
		}
		o := &opponent{conn: conn, reader: bufio.NewReader(conn), masks: true}
		frame := string(o.wire(text("masked"))) + string(wstest.Frame(0x81, []byte("not masked")))
		if together {
			_, err = io.WriteString(conn, request+frame)
		}
		if !together {
			o.reader = upgraded(t, conn)
			_, err = io.WriteString(conn, frame)
		} else if _, failed := http.ReadResponse(o.reader, nil); failed != nil {
			t.Fatal(failed)
		}
		if got := o.next() + " " + o.next(); err != nil || got != `text:"masked" close:1002` {
			t.Errorf("with the request %t: got %s, %v", together, got, err)
		}
		conn.Close()
	}
}

// Nothing of a message that is too big is waited for, nor of what is compressed once it
// is known to be; and what is exactly at the limit is taken, however it is compressed.
func TestReadLimit(t *testing.T) {
	const limit = 64 << 10
	full := noise(limit)
	for _, s := range sides() {
		meet := s.arena(t, echoing, actors.WithReadLimit(limit), actors.WithQueue(100, 1<<20))
		deflated := func(payload string) []fragment { return []fragment{{head: 0xc2, payload: payload, deflate: true}} }
		for name, test := range map[string]struct {
			frames  []fragment
			want    string
			deflate bool
		}{
			"header alone":      {frames: []fragment{{head: 0x82, more: limit + 1}}, want: "close:1009"},
			"huge header":       {frames: []fragment{{head: 0x81, more: 1 << 30}}, want: "close:1009"},
			"second fragment":   {frames: []fragment{{head: 0x02, payload: full}, {head: 0x80, more: 1}}, want: "close:1009"},
			"at the limit":      {frames: []fragment{binaries(full)}, want: comesBack(binaries(full))},
			"at it, fragments":  {frames: cut(binaries(full), 1000), want: comesBack(binaries(full))},
			"at it, compressed": {frames: deflated(full), want: comesBack(binaries(full)), deflate: true},
			"inflated":          {frames: deflated(full + "x"), want: "close:1009", deflate: true},
			"a bomb":            {frames: deflated(strings.Repeat("x", 100*limit)), want: "close:1009", deflate: true},
		} {
			if test.deflate && !s.deflates {
				continue
			}
			c := abCase{id: fmt.Sprint(s, ", ", name), frames: test.frames, want: test.want}
			c.run(t, meet(t, ""))
		}
	}
}

// Text that is compressed is refused as it is inflated, which is 32 KiB at a time: the
// rest of it is not waited for.
func TestCompressedTextIsChecked(t *testing.T) {
	for _, memory := range []bool{false, true} {
		s := side{deflates: true, memory: memory}
		o := s.arena(t, echoing)(t, "")
		bad := o.deflate(noise(100_000))
		go o.send(0, fragment{head: 0x41, payload: bad})
		if got := o.next(); got != "close:1007" {
			t.Errorf("in memory %t: got %s", memory, got)
		}
	}
}

// Data that no deflater makes are against the protocol.
func TestCorruptCompression(t *testing.T) {
	s := side{deflates: true}
	o := s.arena(t, echoing)(t, "")
	o.send(0, fragment{head: 0xc1, payload: "\xff\xff\xff"})
	if got := o.next(); got != "close:1002" {
		t.Errorf("got %s", got)
	}
}

// A message of which the end never comes is none: the connection broke.
func TestMessageCutShort(t *testing.T) {
	hello := (&opponent{}).deflate("Hello, Hello, Hello, Hello")
	for name, frames := range map[string][]fragment{
		"between fragments": {{head: 0x01, payload: "be"}},
		"after a ping":      {{head: 0x01, payload: "be"}, ping("")},
		"in a fragment":     {{head: 0x01, payload: "be"}, {head: 0x80, payload: "gi", more: 2}},
		"in a large frame":  {{head: 0x82, payload: strings.Repeat("x", 50_000), more: 1}},
		"compressed":        {{head: 0xc1, payload: hello[:len(hello)-3], more: 3}},
		"in fragments":      {{head: 0x41, payload: hello[:len(hello)-3]}},
	} {
		for _, memory := range []bool{false, true} {
			s := side{deflates: true, memory: memory}
			events := wstest.NewRecorder()
			o := s.arena(t, actors.WithHandler(events.Handler))(t, "")
			o.send(0, frames...)
			o.conn.Close()
			wstest.Next[*messages.Opened](t, events)
			if e := wstest.Next[*messages.Failed](t, events); !is[*messages.ReadError](e.Err) {
				t.Errorf("%s, in memory %t: got %v", name, memory, e.Err)
			}
		}
	}
}

// A pong that cannot be written is no fault of the protocol's.
func TestPongThatCannotBeWritten(t *testing.T) {
	peer := func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		for frame := wstest.Frame(0x89, make([]byte, 125)); ; { // and reads no pong
			if _, err := conn.Write(frame); err != nil {
				return
			}
		}
	}
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithQueue(4, 1000), actors.WithReadLimit(1000))
		wstest.Next[*messages.Opened](t, events)
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.WriteError](e.Err) {
			t.Errorf("got %v", e.Err)
		}
		if e := wstest.Next[*messages.Closed](t, events); e.Code != messages.CloseAbnormal {
			t.Errorf("got %s", wstest.Describe(e))
		}
		server.Become(wstest.Frozen)
		closeAndWait(t, conn, events)
	})
}
