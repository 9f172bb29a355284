package actors_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
)

// says is a peer that upgrades, says something and then reads all.
func says(frames ...[]byte) wstest.Peer {
	return func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		for _, frame := range frames {
			_, _ = conn.Write(frame)
		}
		_, _ = io.Copy(io.Discard, conn)
	}
}

var (
	announcesTooMuch = []byte{0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0}
	hello            = wstest.Frame(0x81, []byte("hello"))
	badText          = wstest.Frame(0x81, []byte("\xff"))
	reserved         = wstest.Frame(0x83, nil)
	megabyte         = make([]byte, 1<<20)
)

// failed is an outcome of a connection that failed with an E.
func failed[E error](code messages.CloseCode) outcome { return outcome{code, is[E]} }

// failures are ways in which a client's connection fails, and what is seldom used.
func failures() map[string]ending {
	all := map[string]ending{
		"1002": {peer: says(reserved), want: failed[*messages.ProtocolError](messages.CloseProtocolError)},
		"1007": {peer: says(badText), want: failed[*messages.InvalidUTF8Error](messages.CloseInvalidPayload)},
		"1009, announced": {peer: says(announcesTooMuch),
			want: failed[*messages.ReadLimitError](messages.CloseMessageTooBig)},
		"1009, in fragments": {peer: says(wstest.Frame(0x02, make([]byte, 900)), wstest.Frame(0x80, make([]byte, 900))),
			options: []actors.Option{actors.WithReadLimit(1 << 10)}, want: failed[*messages.ReadLimitError](messages.CloseMessageTooBig)},
		"1009, inflated": {peer: wstest.WebSocket(func(ws *websocket.Conn) {
			_ = ws.Write(context.Background(), websocket.MessageText, []byte(strings.Repeat("a", 64<<10)))
			reading(ws)
		}), options: []actors.Option{actors.WithReadLimit(1 << 10), actors.WithCompression(websocket.CompressionContextTakeover)},
			want: failed[*messages.ReadLimitError](messages.CloseMessageTooBig)},
		"fail fast": {peer: wstest.Status(503, nil), never: true, options: []actors.Option{actors.WithFailFast()},
			want: failed[*messages.HandshakeError](messages.CloseAbnormal)},
		"Incoming panics": {peer: says(hello), want: failed[*messages.HandlerError](messages.CloseInternalError),
			options: []actors.Option{actors.WithIncoming(actors.IncomingFunc(
				func(*messages.Received) *messages.Received { panic("on purpose") }))}},
		"Outgoing panics": {use: sayOne, want: failed[*messages.HandlerError](messages.CloseInternalError),
			options: []actors.Option{actors.WithOutgoing(actors.OutgoingFunc(
				func(actors.Outbound) *messages.Send { panic("on purpose") }))}},
		"handler's producer panics": {never: true, handler: func(*life) actors.Option {
			return actors.WithHandler(func() actor.Actor { panic("on purpose") })
		}},
	}
	return onceEach(all)
}

// slowFailures are those that take their time.
func slowFailures(deaf wstest.Peer) map[string]ending {
	return onceEach(map[string]ending{
		"heartbeat": {peer: wstest.Mute, options: []actors.Option{actors.WithHeartbeat(time.Millisecond, time.Millisecond)},
			want: failed[*messages.HeartbeatError](messages.CloseAbnormal)},
		"write timeout": {memory: true, peer: deaf, use: sayOne,
			options: []actors.Option{actors.WithWriteTimeout(10 * time.Millisecond)},
			want:    failed[*messages.WriteError](messages.CloseAbnormal)},
		"write timeout of a socket": {peer: tight(deaf), use: func(_ *life, conn *actors.Conn) {
			_ = conn.Send(messages.Binary(megabyte))
		}, options: []actors.Option{actors.WithWriteTimeout(10 * time.Millisecond), actors.WithDialContext(narrow)},
			want: failed[*messages.WriteError](messages.CloseAbnormal)},
		"handshake timeout": {peer: wstest.Frozen, never: true, want: outcome{messages.CloseAbnormal, late},
			options: []actors.Option{actors.WithHandshakeTimeout(10 * time.Millisecond)}},
		"no credentials": {never: true, want: failed[*messages.CredentialsError](messages.CloseAbnormal),
			options: []actors.Option{actors.WithCredentials(func(context.Context) (actors.Credentials, error) {
				return actors.Credentials{}, errors.New("none")
			}, 0)}},
		"late credentials": {never: true, want: outcome{messages.CloseAbnormal, late},
			options: []actors.Option{actors.WithCredentials(func(ctx context.Context) (actors.Credentials, error) {
				<-ctx.Done()
				return actors.Credentials{}, errors.New("late")
			}, time.Millisecond)}},
	})
}

// onceEach has them try no second time.
func onceEach(all map[string]ending) map[string]ending {
	for name, e := range all {
		e.options = append(e.options, once)
		all[name] = e
	}
	return all
}

// rare are ways that are no failures of the connection.
func rare() map[string]ending {
	normal := outcome{code: messages.CloseNormal}
	all := map[string]ending{
		"through CONNECT": {use: shut, through: "http", want: normal},
		"through SOCKS5":  {use: shut, through: "socks5", want: normal},
		"compression, peer's close": {peer: wstest.WebSocket(func(ws *websocket.Conn) {
			_ = ws.Write(context.Background(), websocket.MessageText, []byte(strings.Repeat("a", 1<<10)))
			_ = ws.Close(websocket.StatusNormalClosure, "")
		}), options: []actors.Option{once, actors.WithCompression(websocket.CompressionContextTakeover)}, want: normal},
		"first": {options: []actors.Option{actors.WithFirst(messages.Text("login"))}, handle: closeAt[*messages.Received], want: normal},
		"a value": {options: []actors.Option{actors.WithCodec(actors.JSON[any]())}, use: func(_ *life, conn *actors.Conn) {
			_ = conn.SendValue("x")
		}, handle: closeAt[*messages.Decoded], want: normal},
		"shared handler": {handler: sharing, use: shut, want: normal},
		"shared handler stops": {handler: sharing, all: func(l *life) {
			l.sup.System().Root.Stop(l.shared)
			l.shared = nil
		}},
		"has a child that never stops": {use: shut, want: normal, handle: func(l *life, ctx actor.Context) {
			if _, is := ctx.Message().(*actor.Started); is {
				ctx.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
					if _, is := ctx.Message().(*actor.Started); is {
						<-l.release
					}
				}))
			}
		}, options: []actors.Option{actors.WithCloseTimeout(10 * time.Millisecond)}},
	}
	for _, name := range []string{"panics in Stopping", "panics in Stopped", "panics at all of its end, with children"} {
		receive := badEnds(nil)[name].receive
		all[name] = ending{use: shut, handle: func(_ *life, ctx actor.Context) { receive(ctx) }, want: normal}
	}
	return all
}

// closeAt closes the connection when its handler gets an M.
func closeAt[M any](_ *life, ctx actor.Context) {
	if _, is := ctx.Message().(M); is {
		ctx.Send(ctx.Parent(), &messages.Close{Code: messages.CloseNormal})
	}
}

// sharing starts the one handler of all.
func sharing(l *life) actors.Option {
	l.shared = l.sup.System().Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		l.note(ctx.Message(), outcome{})
	}))
	return actors.WithHandlerPID(l.shared)
}

// late reports whether an attempt took too long, and says so.
func late(err error) bool {
	typed := is[*messages.DialError](err) || is[*messages.HandshakeError](err) || is[*messages.CredentialsError](err)
	return typed && errors.Is(err, context.DeadlineExceeded)
}

// closes is a peer that answers a close, and knows no HTTP of which more would be left.
func closes(conn net.Conn) {
	if _, err := wstest.Upgrade(conn); err != nil {
		return
	}
	frame := make([]byte, 8) // its code, masked
	if _, err := io.ReadFull(conn, frame); err == nil {
		_, _ = conn.Write(wstest.Frame(0x88, []byte{1000 >> 8, 1000 & 0xff}))
	}
}

// unhurried gives a handshake in memory the time that its peer needs on a busy machine: it
// has no write timeout.
func unhurried(dial func(ctx context.Context, network, address string) (net.Conn, error),
) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &unhurriedConn{Conn: conn}, err
	}
}

// unhurriedConn is one that has heard nothing yet.
type unhurriedConn struct {
	net.Conn
	heard atomic.Bool
}

func (c *unhurriedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.heard.Store(true)
	return n, err
}

func (c *unhurriedConn) SetWriteDeadline(t time.Time) error {
	if !c.heard.Load() {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// narrow and tight leave little room between the ends of a socket.
func narrow(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(4 << 10)
	}
	return conn, err
}

func tight(peer wstest.Peer) wstest.Peer {
	return func(conn net.Conn) {
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		peer(conn)
	}
}

// acceptedEnds are ends of a server's connections, told by its handlers.
func acceptedEnds() map[string]ending {
	all := map[string]ending{}
	add := func(name string, dial func(net.Conn), want outcome, options ...actors.Option) {
		all["accepts, "+name] = ending{dial: dial, server: byAccept(want, options...), want: want}
	}
	write := func(frame []byte) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = conn.Write(frame)
			_, _ = io.Copy(io.Discard, conn)
		}
	}
	mute, short := write(nil), actors.WithCloseTimeout(10*time.Millisecond)
	add("1002", write(hello), failed[*messages.ProtocolError](messages.CloseProtocolError)) // it is not masked
	add("1007", write(masked(badText)), failed[*messages.InvalidUTF8Error](messages.CloseInvalidPayload))
	const kilo = 1 << 10
	limit, tooBig := actors.WithReadLimit(kilo), failed[*messages.ReadLimitError](messages.CloseMessageTooBig)
	client := &opponent{masks: true}
	add("1009, announced", write(client.wire(fragment{head: 0x82, more: kilo + 1})), tooBig, limit)
	add("1009, in fragments", write(append(client.wire(fragment{head: 0x02, payload: tooLarge[:kilo]}), client.wire(fragment{head: 0x80, payload: "x"})...)), tooBig, limit)
	add("1009, inflated", write(client.wire(fragment{head: 0xc2, payload: tooLarge[:2*kilo], deflate: true})), tooBig,
		limit, actors.WithCompression(websocket.CompressionContextTakeover))
	add("reset", func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }, failed[*messages.ReadError](messages.CloseAbnormal))
	add("end", func(net.Conn) {}, failed[*messages.ReadError](messages.CloseAbnormal))
	add("heartbeat", mute, failed[*messages.HeartbeatError](messages.CloseAbnormal),
		actors.WithHeartbeat(time.Millisecond, time.Millisecond))
	add("idle", mute, outcome{code: messages.CloseGoingAway}, actors.WithIdleTimeout(10*time.Millisecond), short)
	add("no first message", mute, outcome{code: messages.ClosePolicyViolation}, actors.WithFirstMessageTimeout(10*time.Millisecond), short)
	large := []*messages.Send{messages.Binary(megabyte)}
	all["accepts, write timeout"] = ending{
		server: byAccept(failed[*messages.WriteError](messages.CloseAbnormal), actors.WithWriteTimeout(10*time.Millisecond),
			actors.WithOnOpen(func(uint64) []*messages.Send { return large })),
		dial: func(conn net.Conn) { _ = conn.(*net.TCPConn).SetReadBuffer(4 << 10) }, stays: true,
		want: failed[*messages.WriteError](messages.CloseAbnormal),
	}
	return all
}

// byHand is a client that is none of ours.
func (e *ending) byHand(t *testing.T, l *life, url string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Error(err)
		return
	}
	if e.stays {
		go func() {
			<-l.release
			_ = conn.Close()
		}()
	} else {
		defer conn.Close()
	}
	upgraded(t, conn, "Sec-WebSocket-Extensions: permessage-deflate")
	e.dial(conn)
}
