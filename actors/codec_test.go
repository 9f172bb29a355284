package actors_test

import (
	"encoding/json"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

type tick struct {
	Symbol string  `json:"s"`
	Price  float64 `json:"p"`
}

// A value goes out as the codec makes it and comes in as the codec makes that, with
// what it was made of; what does not decode the handler gets too, and decides.
func TestCodecs(t *testing.T) {
	for name, test := range map[string]struct {
		codec actors.Codec
		value any
		kind  messages.Type
		same  func(any) bool
		wrong []*messages.Send
	}{
		"JSON": {
			codec: actors.JSON[tick](), value: tick{"ABC", 1.5}, kind: messages.TypeText,
			same:  func(v any) bool { return v == tick{"ABC", 1.5} },
			wrong: []*messages.Send{messages.Text("{"), messages.Text(`{"s":1}`), messages.Binary(nil)},
		},
		"JSON, pointers": {
			codec: actors.JSON[*tick](), value: &tick{"ABC", 1.5}, kind: messages.TypeText,
			same:  func(v any) bool { return *v.(*tick) == tick{"ABC", 1.5} },
			wrong: []*messages.Send{messages.Text("[]")},
		},
		"Protobuf": {
			codec: actors.Protobuf[*wrapperspb.StringValue](), value: wrapperspb.String("ABC"), kind: messages.TypeBinary,
			same:  func(v any) bool { return proto.Equal(v.(*wrapperspb.StringValue), wrapperspb.String("ABC")) },
			wrong: []*messages.Send{messages.Binary([]byte{0xff}), messages.Text("ABC")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server, actors.WithCodec(test.codec))
				wstest.Next[*messages.Opened](t, events)
				if err := conn.SendValue(test.value); err != nil {
					t.Fatal(err)
				}
				sup.System().Root.Send(conn.PID(), &messages.SendValue{Value: test.value})
				for range 2 {
					e := wstest.Next[*messages.Decoded](t, events)
					if e.Err != nil || !test.same(e.Value) || e.Conn != conn.PID() || e.Epoch != 1 || e.Received.Type != test.kind {
						t.Errorf("got %s of %s", wstest.Describe(e), wstest.Describe(e.Received))
					}
				}
				for _, wrong := range test.wrong {
					if err := conn.Send(wrong); err != nil {
						t.Fatal(err)
					}
					e := wstest.Next[*messages.Decoded](t, events)
					if e.Err == nil || e.Value != nil || string(e.Received.Data) != string(wrong.Data) {
						t.Errorf("%q: got %s", wrong.Data, wstest.Describe(e))
					}
				}
				if e := closeAndWait(t, conn, events); !e.Clean {
					t.Errorf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// A JSON object of any fields, and the one of protobuf.
func TestCodecsOfAny(t *testing.T) {
	received := &messages.Received{Type: messages.TypeText, Data: []byte(`{"a":[1,null]}`)}
	if value, err := actors.JSON[any]().Decode(received); err != nil ||
		!reflect.DeepEqual(value, map[string]any{"a": []any{1.0, nil}}) {
		t.Errorf("got %v, %v", value, err)
	}
	want, err := structpb.NewStruct(map[string]any{"a": []any{1.0, nil}})
	if err != nil {
		t.Fatal(err)
	}
	codec := actors.Protobuf[*structpb.Struct]()
	send, err := codec.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	value, err := codec.Decode(&messages.Received{Type: send.Type, Data: send.Data})
	if err != nil || !proto.Equal(value.(*structpb.Struct), want) {
		t.Errorf("got %v, %v", value, err)
	}
}

// madeUp is a codec of two functions.
type madeUp struct {
	encode func(any) (*messages.Send, error)
	decode func(*messages.Received) (any, error)
}

func (c madeUp) Encode(value any) (*messages.Send, error)       { return c.encode(value) }
func (c madeUp) Decode(message *messages.Received) (any, error) { return c.decode(message) }

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("boom") }

// A value that cannot be sent is refused with a typed error, to the caller, to the
// sender of a request, or to whoever listens; the connection is unharmed.
func TestRefusedValues(t *testing.T) {
	nothing := madeUp{encode: func(any) (*messages.Send, error) { return nil, nil }}
	noText := madeUp{encode: func(any) (*messages.Send, error) { return messages.TextBytes([]byte{0xff}), nil }}
	for name, test := range map[string]struct {
		options []actors.Option
		value   any
		refused func(error) bool
	}{
		"no codec":              {nil, 1, is[*messages.NoCodecError]},
		"no JSON":               {[]actors.Option{actors.WithCodec(actors.JSON[any]())}, func() {}, is[*json.UnsupportedTypeError]},
		"a panic":               {[]actors.Option{actors.WithCodec(actors.JSON[any]())}, panics{}, is[*messages.EncodeError]},
		"no proto.Message":      {[]actors.Option{actors.WithCodec(actors.Protobuf[*structpb.Struct]())}, 1, is[*messages.EncodeError]},
		"protobuf of no UTF-8":  {[]actors.Option{actors.WithCodec(actors.Protobuf[*structpb.Struct]())}, wrapperspb.String("\xff"), is[*messages.EncodeError]},
		"nothing":               {[]actors.Option{actors.WithCodec(nothing)}, 1, is[*messages.EncodeError]},
		"what may not be sent":  {[]actors.Option{actors.WithCodec(noText)}, 1, is[*messages.InvalidUTF8Error]},
		"more than fits at all": {[]actors.Option{actors.WithCodec(actors.JSON[any]()), actors.WithQueue(9, 9)}, "12345678", is[*messages.MessageTooLargeError]},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server, test.options...)
				wstest.Next[*messages.Opened](t, events)
				if err := conn.SendValue(test.value); !test.refused(err) {
					t.Errorf("got %v", err)
				}
				answers := wstest.NewRecorder()
				sender := sup.System().Root.Spawn(actor.PropsFromProducer(answers.Handler))
				sent := &messages.SendValue{Value: test.value}
				sup.System().Root.RequestWithCustomSender(conn.PID(), sent, sender)
				if e := wstest.Next[*messages.Rejected](t, answers); e.Message != sent || !test.refused(e.Err) || e.Conn != conn.PID() {
					t.Errorf("got %s", wstest.Describe(e))
				}
				sup.System().Root.Stop(sender)
				if e := closeAndWait(t, conn, events); !e.Clean || e.Written != 0 {
					t.Errorf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// A value that was queued and is never written comes back to its sender as the Send.
func TestQueuedValueComesBack(t *testing.T) {
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithCodec(actors.JSON[any]()))
		answers := wstest.NewRecorder()
		sender := sup.System().Root.Spawn(actor.PropsFromProducer(answers.Handler))
		sup.System().Root.RequestWithCustomSender(conn.PID(), &messages.SendValue{Value: "x"}, sender)
		if queued, bytes := conn.Queued(), conn.BufferedAmount(); queued != 1 || bytes != 3 {
			t.Errorf("%d queued, %d bytes", queued, bytes)
		}
		closeAndWait(t, conn, events)
		e := wstest.Next[*messages.Rejected](t, answers)
		if send, ok := e.Message.(*messages.Send); !ok || string(send.Data) != `"x"` || !is[*messages.ClosedError](e.Err) {
			t.Errorf("got %s", wstest.Describe(e))
		}
		sup.System().Root.Stop(sender)
	})
}

// A Decode that panics fails its own connection.
func TestDecodeThatPanics(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server,
			actors.WithCodec(madeUp{decode: func(*messages.Received) (any, error) { panic("boom") }}))
		wstest.Next[*messages.Opened](t, events)
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		blames(t, events, "WithCodec")
	})
}

// The handler's credit is of what is decoded as of what is not: one that is slow
// stops the reader, a handler that panics gives back what it had, and all arrives.
func TestDecodedAndCredit(t *testing.T) {
	const unhandled = 7
	codec := actors.WithCodec(madeUp{decode: func(m *messages.Received) (any, error) { return m.Data[0], nil }})
	t.Run("slow", func(t *testing.T) {
		var sent atomic.Int64
		inMemory(t, flood(&sent), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			events := wstest.NewRecorder()
			wait := make(chan struct{})
			events.Before(func(any) { <-wait })
			conn := connectTo(t, sup, server, codec, actors.WithMaxUnhandled(unhandled), actors.WithHandler(events.Handler))
			synctest.Wait()
			if n := sent.Load(); n < unhandled || n > unhandled+1 {
				t.Errorf("peer sent %d, the handler may have %d before it", n, unhandled)
			}
			close(wait)
			wstest.Next[*messages.Opened](t, events)
			for i := range flooded {
				if e := wstest.Next[*messages.Decoded](t, events); e.Value != byte(i) {
					t.Fatalf("got %s, want %d", wstest.Describe(e), i)
				}
			}
			closeAndWait(t, conn, events)
		})
	})
	t.Run("panics", func(t *testing.T) {
		inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			events := wstest.NewRecorder().Before(func(event any) {
				if e, ok := event.(*messages.Decoded); ok && e.Value == byte('!') {
					panic("boom")
				}
			})
			conn := connectTo(t, sup, server, codec, actors.WithMaxUnhandled(1), actors.WithHandler(events.Handler))
			for range 5 { // each would take the one there is
				wstest.Next[*messages.Opened](t, events)
				for _, text := range []string{"a", "!"} {
					if err := conn.Send(messages.Text(text)); err != nil {
						t.Fatal(err)
					}
				}
				if e := wstest.Next[*messages.Decoded](t, events); e.Value != byte('a') {
					t.Fatalf("got %s", wstest.Describe(e))
				}
				wstest.Next[*messages.Failed](t, events)
				wstest.Next[*messages.Closed](t, events)
			}
		})
	})
}

// Callbacks get values as the handler does, after what the interceptors have made of
// the messages.
func TestCallbacksWithValues(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		values := make(chan *messages.Decoded, 1)
		connectTo(t, sup, server, actors.WithCodec(actors.JSON[[]int]()),
			actors.WithOutgoing(appendOut(",2")), actors.WithIncoming(appendIn("]")),
			actors.WithCallbacks(actors.Callbacks{
				OnOpen: func(c *actors.Conn, _ *messages.Opened) {
					if err := c.Send(messages.Text("[1")); err != nil {
						t.Error(err)
					}
				},
				OnValue: func(_ *actors.Conn, e *messages.Decoded) { values <- e },
			}))
		if e := <-values; e.Err != nil || !reflect.DeepEqual(e.Value, []int{1, 2}) {
			t.Errorf("got %s", wstest.Describe(e))
		}
	})
}

// A server's connections share what its options brought.
func TestAcceptWithExtensions(t *testing.T) {
	var received, sent atomic.Int64
	double := func() actor.Actor {
		return actor.ReceiveFunc(func(ctx actor.Context) {
			if e, ok := ctx.Message().(*messages.Decoded); ok {
				ctx.Send(e.Conn, &messages.SendValue{Value: 2 * e.Value.(int)})
			}
		})
	}
	options := []actors.Option{actors.WithHandler(double), actors.WithCodec(actors.JSON[int]()),
		actors.WithIncoming(actors.IncomingFunc(func(m *messages.Received) *messages.Received {
			received.Add(1)
			return m
		})),
		actors.WithOutgoing(actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
			sent.Add(1)
			return o.Send
		}))}
	inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, listener *wstest.Server) {
		listener.Become(wstest.HTTP(actors.Accept(start(t), options...)))
		for range 3 {
			conn, events := connect(t, sup, listener)
			wstest.Next[*messages.Opened](t, events)
			for _, text := range []string{"21", "4"} {
				if err := conn.Send(messages.Text(text)); err != nil {
					t.Fatal(err)
				}
			}
			for _, want := range []string{"42", "8"} {
				if e := wstest.Next[*messages.Received](t, events); string(e.Data) != want {
					t.Errorf("got %s", wstest.Describe(e))
				}
			}
			closeAndWait(t, conn, events)
		}
		if received.Load() != 6 || sent.Load() != 6 {
			t.Errorf("%d received, %d sent", received.Load(), sent.Load())
		}
	})
}
