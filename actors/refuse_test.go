package actors_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// What makes no sense is an error of Connect that names the option.
func TestConnectRefuses(t *testing.T) {
	sup := start(t)
	events := wstest.NewRecorder()
	handler := actors.WithHandler(events.Handler)
	const url = "ws://127.0.0.1:1/"
	for _, test := range []struct {
		url, option string
		options     []actors.Option
	}{
		{"", "url", []actors.Option{handler}},
		{"://", "url", []actors.Option{handler}},
		{"ws://%zz/", "url", []actors.Option{handler}},
		{"feed.example/ws", "url", []actors.Option{handler}},
		{"ftp://feed.example/", "url", []actors.Option{handler}},
		{"ws:///path", "url", []actors.Option{handler}},
		{"ws://\u00ad/", "url", []actors.Option{handler}}, // a soft hyphen, of which nothing is left
		{"ws://feed.example/#part", "url", []actors.Option{handler}},
		{url, "WithHandler", nil},
		{url, "WithHandler", []actors.Option{actors.WithHandler(nil)}},
		{url, "WithHandlerPID", []actors.Option{actors.WithHandlerPID(nil)}},
		{url, "WithHandlerProps", []actors.Option{actors.WithHandlerProps(nil)}},
		{url, "WithCallbacks", []actors.Option{actors.WithCallbacks(actors.Callbacks{})}},
		{url, "WithHandlerPID", []actors.Option{handler, actors.WithHandlerPID(actor.NewPID("a", "b"))}},
		{url, "WithHandshakeTimeout", []actors.Option{handler, actors.WithHandshakeTimeout(0)}},
		{url, "WithHandshakeTimeout", []actors.Option{handler, actors.WithHandshakeTimeout(-1)}},
		{url, "WithWriteTimeout", []actors.Option{handler, actors.WithWriteTimeout(0)}},
		{url, "WithCloseTimeout", []actors.Option{handler, actors.WithCloseTimeout(-1)}},
		{url, "WithHeartbeat", []actors.Option{handler, actors.WithHeartbeat(0, 1)}},
		{url, "WithHeartbeat", []actors.Option{handler, actors.WithHeartbeat(1, 0)}},
		{url, "WithHeartbeatRule", []actors.Option{handler, actors.WithHeartbeatRule(nil)}},
		{url, "WithHeartbeatRule", []actors.Option{handler, actors.WithoutHeartbeat(), actors.WithHeartbeatRule(
			func() actors.Heartbeat { return actors.Keepalive{} })}},
		{url, "WithPayloadHeartbeat", []actors.Option{handler, actors.WithPayloadHeartbeat("", "0xA")}},
		{url, "WithPayloadHeartbeat", []actors.Option{handler, actors.WithPayloadHeartbeat("0x9", "")}},
		{url, "WithPayloadHeartbeat", []actors.Option{handler, actors.WithPayloadHeartbeat("\xff", "0xA")}},
		{url, "WithReadLimit", []actors.Option{handler, actors.WithReadLimit(0)}},
		{url, "WithReadLimit", []actors.Option{handler, actors.WithReadLimit(-1)}},
		{url, "WithQueue", []actors.Option{handler, actors.WithQueue(0, 1)}},
		{url, "WithQueue", []actors.Option{handler, actors.WithQueue(1, 0)}},
		{url, "WithQueue", []actors.Option{handler, actors.WithQueue(1<<22, 1)}},
		{url, "WithOverflow", []actors.Option{handler, actors.WithOverflow(9)}},
		{url, "WithMaxUnhandled", []actors.Option{handler, actors.WithMaxUnhandled(0)}},
		{url, "WithIncoming", []actors.Option{handler, actors.WithIncoming()}},
		{url, "WithIncoming", []actors.Option{handler, actors.WithIncoming(nil)}},
		{url, "WithOutgoing", []actors.Option{handler, actors.WithOutgoing()}},
		{url, "WithOutgoing", []actors.Option{handler, actors.WithOutgoing(nil)}},
		{url, "WithCodec", []actors.Option{handler, actors.WithCodec(nil)}},
		{url, "WithCallbacks", []actors.Option{actors.WithCodec(actors.JSON[any]()),
			actors.WithCallbacks(actors.Callbacks{OnMessage: func(*actors.Conn, *messages.Received) {}})}},
		{url, "WithCallbacks", []actors.Option{
			actors.WithCallbacks(actors.Callbacks{OnValue: func(*actors.Conn, *messages.Decoded) {}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"sec-websocket-key": {"x"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"a b": {"x"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"A": {"x\r\nB: y"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"transfer-encoding": {"chunked"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"Content-Length": {"1"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"Host": {}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"Host": {""}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"Host": {"a", "b"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"Host": {"a b"}})}},
		{url, "WithHeader", []actors.Option{handler, actors.WithHeader(http.Header{"Host": {"a"}, "host": {"a"}})}},
		{"ws://\u00a0\u2028/", "url", []actors.Option{handler}},
		{url, "WithSubprotocols", []actors.Option{handler, actors.WithSubprotocols("a", "")}},
		{url, "WithSubprotocols", []actors.Option{handler, actors.WithSubprotocols("a b")}},
		{url, "WithSubprotocols", []actors.Option{handler, actors.WithSubprotocols("a,b")}},
		{url, "WithSubprotocols", []actors.Option{handler, actors.WithSubprotocols("a", "b", "a")}},
		{url, "WithDialContext", []actors.Option{handler, actors.WithDialContext(nil)}},
		{url, "WithCompression", []actors.Option{handler, actors.WithCompression(9)}},
		{url, "WithPolicy", []actors.Option{handler, actors.WithPolicy(supervisor.Fixed(-1))}},
	} {
		_, err := actors.Connect(sup, test.url, test.options...)
		var option *messages.OptionError
		if !errors.As(err, &option) || option.Option != test.option || option.Problem == "" {
			t.Errorf("%q, %s: got %v", test.url, test.option, err)
		}
	}
	if _, err := actors.Connect(nil, url, handler); !is[*messages.OptionError](err) {
		t.Errorf("no supervisor: got %v", err)
	}
	if n := sup.Running(); n != 0 {
		t.Errorf("%d connections started", n)
	}
}

// A message that cannot be sent is refused with a typed error, to the sender of
// a request and to the caller of Send; the connection is unharmed.
func TestRefusedMessages(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithQueue(2, 10))
		root := sup.System().Root
		answers := wstest.NewRecorder()
		sender := root.Spawn(actor.PropsFromProducer(answers.Handler))
		for _, test := range []struct {
			message any
			refused func(error) bool
		}{
			{messages.TextBytes([]byte{0xc3, 0x28}), is[*messages.InvalidUTF8Error]},
			{&messages.Send{Type: 7}, is[*messages.InvalidTypeError]},
			{messages.Text("eleven byte"), is[*messages.MessageTooLargeError]},
			{&messages.Close{Code: 999}, is[*messages.CloseCodeError]},
			{&messages.Close{Code: 1005}, is[*messages.CloseCodeError]},
			{&messages.Close{Code: 1006}, is[*messages.CloseCodeError]},
			{&messages.Close{Code: 1015}, is[*messages.CloseCodeError]},
			{&messages.Close{Code: 5000}, is[*messages.CloseCodeError]},
			{&messages.Close{Code: 1000, Reason: strings.Repeat("x", 124)}, is[*messages.CloseReasonError]},
			{&messages.Close{Code: 1000, Reason: "\xff"}, is[*messages.CloseReasonError]},
			{messages.Close{}, is[*messages.UnknownMessageError]},
			{"hello", is[*messages.UnknownMessageError]},
		} {
			root.RequestWithCustomSender(conn.PID(), test.message, sender)
			e := wstest.Next[*messages.Rejected](t, answers)
			if e.Message != test.message || !test.refused(e.Err) || !e.Conn.Equal(conn.PID()) {
				t.Errorf("%v: got %v", test.message, e.Err)
			}
			var err error
			switch m := test.message.(type) {
			case *messages.Send:
				err = conn.Send(m)
			case *messages.Close:
				err = conn.Close(m.Code, m.Reason)
			default:
				continue
			}
			if !test.refused(err) {
				t.Errorf("%v: got %v", test.message, err)
			}
		}
		if state := conn.ReadyState(); state != messages.StateConnecting {
			t.Errorf("state %v", state)
		}
		root.Stop(sender)
		closeAndWait(t, conn, events)
	})
}

// The newest is refused when the queue is full, in messages and in bytes, and
// what has no sender is published.
func TestFullQueue(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		var published []error
		stream := sup.System().EventStream
		subscription := stream.Subscribe(func(event any) {
			if e, ok := event.(*messages.RejectedEvent); ok {
				published = append(published, e.Err)
			}
		})
		defer stream.Unsubscribe(subscription)
		conn, events := connect(t, sup, server, actors.WithQueue(2, 10))
		if err := conn.Send(messages.Text("12345678")); err != nil {
			t.Fatal(err)
		}
		var full *messages.QueueFullError
		if err := conn.Send(messages.Text("123")); !errors.As(err, &full) || full.Queued != 1 || full.Buffered != 8 {
			t.Errorf("bytes: got %v", err)
		}
		if err := conn.Send(messages.Text("12")); err != nil {
			t.Errorf("an exact fit: got %v", err)
		}
		sup.System().Root.Send(conn.PID(), messages.Text("")) // messages
		if len(published) != 1 || !errors.As(published[0], &full) || full.Queued != 2 || full.Buffered != 10 {
			t.Errorf("published %v", published)
		}
		if e := closeAndWait(t, conn, events); e.Dropped != 2 {
			t.Errorf("%d dropped", e.Dropped)
		}
		synctest.Wait()
		if len(published) != 3 || !is[*messages.ClosedError](published[2]) {
			t.Errorf("published %v: the dropped ones too have no sender", published)
		}
	})
}

// The options of the handshake reach the server.
func TestHandshakeOptions(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		seen := make(chan *http.Request, 1)
		server.Become(wstest.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen <- r
			http.Error(w, "no", http.StatusTeapot)
		})))
		conn, events := connect(t, sup, server,
			actors.WithHeader(http.Header{"Authorization": {"Bearer x"}}),
			actors.WithSubprotocols("v2", "v1"),
			actors.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS13}),
			actors.WithCompression(websocket.CompressionNoContextTakeover))
		r := <-seen
		if r.Header.Get("Authorization") != "Bearer x" || r.Header.Get("Sec-WebSocket-Protocol") != "v2,v1" ||
			!strings.Contains(r.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
			t.Errorf("got %v", r.Header)
		}
		e := wstest.Next[*messages.Failed](t, events)
		var handshake *messages.HandshakeError
		if !errors.As(e.Err, &handshake) || handshake.Status != http.StatusTeapot || string(handshake.Body) != "no\n" {
			t.Errorf("got %v", e.Err)
		}
		wstest.Next[*messages.Closed](t, events)
		server.Become(wstest.Echo)
		closeAndWait(t, conn, events)
	})
}
