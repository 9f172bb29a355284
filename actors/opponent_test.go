package actors_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/supervisor"
)

// opponent is the other end of a connection of ours. It sends any frames, and tells
// what it gets.
type opponent struct {
	conn   net.Conn
	reader *bufio.Reader
	masks  bool
	over   chan struct{}

	compressed bytes.Buffer
	deflater   *flate.Writer
	window     []byte // of what was inflated
}

// fragment is a frame, or the beginning of one.
type fragment struct {
	head    byte
	payload string
	deflate bool // the payload is to be compressed first
	more    int  // bytes that its header announces besides
}

// wire is a frame as it is sent.
func (o *opponent) wire(f fragment) []byte {
	if f.deflate {
		f.payload = o.deflate(f.payload)
	}
	size, mask := len(f.payload)+f.more, byte(0)
	if o.masks {
		mask = 0x80
	}
	b := []byte{f.head}
	switch {
	case size < 126:
		b = append(b, mask|byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(size))
	}
	if !o.masks {
		return append(b, f.payload...)
	}
	key := []byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, key...)
	for i := range len(f.payload) {
		b = append(b, f.payload[i]^key[i%4])
	}
	return b
}

// deflate compresses what is then the payload of a message (RFC 7692, section 7.2.1).
func (o *opponent) deflate(payload string) string {
	if o.deflater == nil {
		o.deflater, _ = flate.NewWriter(&o.compressed, flate.BestSpeed)
	}
	o.compressed.Reset()
	_, _ = io.WriteString(o.deflater, payload)
	_ = o.deflater.Flush()
	return strings.TrimSuffix(o.compressed.String(), "\x00\x00\xff\xff")
}

func (o *opponent) inflate(payload []byte) ([]byte, error) {
	const end = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"
	from := flate.NewReaderDict(io.MultiReader(bytes.NewReader(payload), strings.NewReader(end)), o.window)
	clear, err := io.ReadAll(from)
	o.window = append(o.window, clear...)
	o.window = o.window[max(0, len(o.window)-32<<10):]
	return clear, err
}

// send sends frames: each in a write of its own, or in pieces of a size.
func (o *opponent) send(pieces int, frames ...fragment) {
	var all []byte
	for _, f := range frames {
		b := o.wire(f)
		if all = append(all, b...); pieces == 0 {
			if _, err := o.conn.Write(b); err != nil {
				return // it has been refused
			}
		}
	}
	for pieces > 0 && len(all) > 0 {
		n := min(pieces, len(all))
		if _, err := o.conn.Write(all[:n]); err != nil {
			return
		}
		all = all[n:]
	}
}

// next tells the next frame that came, or that there is none.
func (o *opponent) next() string {
	head := make([]byte, 2)
	if _, err := io.ReadFull(o.reader, head); err != nil {
		return "end"
	}
	size := uint64(head[1] & 0x7f)
	if extended := map[uint64]int{126: 2, 127: 8}[size]; extended > 0 {
		length := make([]byte, 8)
		_, _ = io.ReadFull(o.reader, length[8-extended:])
		size = binary.BigEndian.Uint64(length)
	}
	var key [4]byte
	if head[1]&0x80 != 0 {
		_, _ = io.ReadFull(o.reader, key[:])
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(o.reader, payload); err != nil {
		return err.Error()
	}
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	if masked := head[1]&0x80 != 0; masked == o.masks {
		return "masked by the wrong side"
	}
	if head[0]&0x40 != 0 {
		var err error
		if payload, err = o.inflate(payload); err != nil {
			return err.Error()
		}
	}
	return told(head[0]&^0x40, payload)
}

func told(head byte, payload []byte) string {
	switch head {
	case 0x81:
		return "text:" + short(payload)
	case 0x82:
		return "binary:" + short(payload)
	case 0x8a:
		return "pong:" + short(payload)
	case 0x88:
		if len(payload) < 2 {
			return "close"
		}
		return fmt.Sprintf("close:%d", binary.BigEndian.Uint16(payload))
	default:
		return fmt.Sprintf("frame %x:%s", head, short(payload))
	}
}

// short is a payload for people, or what tells a long one from others.
func short(payload []byte) string {
	if len(payload) < 140 {
		return fmt.Sprintf("%q", payload)
	}
	return fmt.Sprintf("%d bytes %08x", len(payload), crc32.ChecksumIEEE(payload))
}

// side is what of ours is tried.
type side struct {
	server, deflates, memory bool
	secure                   bool // under TLS, on a socket
}

func (s side) String() string {
	name := fmt.Sprintf("server=%t,deflate=%t,memory=%t", s.server, s.deflates, s.memory)
	if s.secure {
		name += ",tls"
	}
	return name
}

func sides() (all []side) {
	for i := range 8 {
		all = append(all, side{server: i&1 != 0, deflates: i&2 != 0, memory: i&4 != 0})
	}
	return all
}

// arena returns a function that has a connection of ours, which has a handler among its
// options, meet an opponent.
func (s side) arena(t *testing.T, options ...actors.Option) (meet func(t *testing.T, extension string) *opponent) {
	defaults := []actors.Option{actors.WithoutHeartbeat(), actors.WithReadLimit(2 << 20)}
	if s.deflates {
		defaults = append(defaults, actors.WithCompression(websocket.CompressionContextTakeover))
	}
	options = append(defaults, options...)
	sup := start(t)
	if s.server {
		return s.serve(t, actors.Accept(sup, options...))
	}
	options = append(options, actors.WithPolicy(supervisor.Policy{MaxAttempts: 1}))
	opponents, certificate := make(chan *opponent), certified(t)
	peer := func(conn net.Conn) {
		if s.secure {
			conn = tls.Server(conn, certificate)
		}
		if o := greet(conn); o != nil {
			opponents <- o
			<-o.over
		}
	}
	var server *wstest.Server
	if s.memory {
		server = wstest.Listen(peer)
		options = append(options, actors.WithDialContext(server.DialContext))
	} else {
		var err error
		if server, err = wstest.ListenTCP(peer); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(server.Close)
	url := server.URL()
	if s.secure {
		url = "wss" + strings.TrimPrefix(url, "ws")
		options = append(options, actors.WithTLSConfig(trusted(t)))
	}
	return func(t *testing.T, _ string) *opponent {
		if _, err := actors.Connect(sup, url, options...); err != nil {
			t.Fatal(err)
		}
		return patient(t, <-opponents)
	}
}

// greet answers a handshake, and takes every offer of compression.
func greet(conn net.Conn) *opponent {
	tee := &bytes.Buffer{}
	reader, err := wstest.Upgrade(&extending{conn, tee})
	if err != nil {
		return nil
	}
	return &opponent{conn: conn, reader: reader, over: make(chan struct{})}
}

// extending is for wstest.Upgrade, which knows no extensions.
type extending struct {
	net.Conn
	asked *bytes.Buffer
}

func (e *extending) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	e.asked.Write(p[:n])
	return n, err
}

func (e *extending) Write(p []byte) (int, error) {
	if asked := e.asked.String(); strings.Contains(asked, "permessage-deflate") {
		answer := "\r\nSec-WebSocket-Extensions: permessage-deflate"
		if alone := "; server_no_context_takeover"; strings.Contains(asked, alone) {
			answer += alone
		}
		p = bytes.Replace(p, []byte("\r\n\r\n"), []byte(answer+"\r\n\r\n"), 1)
	}
	return e.Conn.Write(p)
}

func (s side) serve(t *testing.T, acceptor http.Handler) func(*testing.T, string) *opponent {
	var dial func(t *testing.T) (net.Conn, error)
	switch {
	case s.memory:
		server := wstest.Listen(wstest.HTTP(acceptor))
		t.Cleanup(server.Close)
		dial = func(t *testing.T) (net.Conn, error) { return server.DialContext(t.Context(), "", "") }
	case s.secure:
		server := httptest.NewTLSServer(acceptor)
		t.Cleanup(server.Close)
		config := server.Client().Transport.(*http.Transport).TLSClientConfig
		dial = func(*testing.T) (net.Conn, error) { return tls.Dial("tcp", server.Listener.Addr().String(), config) }
	default:
		server := httptest.NewServer(acceptor)
		t.Cleanup(server.Close)
		dial = func(*testing.T) (net.Conn, error) { return net.Dial("tcp", server.Listener.Addr().String()) }
	}
	return func(t *testing.T, extension string) *opponent {
		conn, err := dial(t)
		if err != nil {
			t.Fatal(err)
		}
		if extension == "" {
			extension = "permessage-deflate"
		}
		offer := "Sec-WebSocket-Extensions: " + extension + "\r\n\r\n"
		if _, err := io.WriteString(conn, strings.TrimSuffix(request, "\r\n")+offer); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		answer, err := http.ReadResponse(reader, nil)
		if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(answer, err)
		}
		return patient(t, &opponent{conn: conn, reader: reader, masks: true, over: make(chan struct{})})
	}
}

// patient bounds how long an opponent waits: one that gets there has lost.
func patient(t *testing.T, o *opponent) *opponent {
	_ = o.conn.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() {
		close(o.over)
		_, secure := o.conn.(*tls.Conn) // what that says last may come too late
		if err := o.conn.Close(); err != nil && !secure && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return o
}
