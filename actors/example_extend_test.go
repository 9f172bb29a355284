package actors_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// echoed connects to a server in memory that sends back what it gets, says some
// messages, and waits until the connection is closed by its handler, for good.
func echoed(say []any, options ...actors.Option) {
	server := wstest.Listen(wstest.Echo)
	defer server.Close()
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	sup, err := supervisor.Start(system)
	if err != nil {
		panic(err)
	}
	conn, err := actors.Connect(sup, server.URL(), append(options, actors.WithDialContext(server.DialContext))...)
	if err != nil {
		panic(err)
	}
	closed := make(chan struct{})
	watcher := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch ctx.Message().(type) {
		case *actor.Started:
			ctx.Watch(conn.PID())
		case *actor.Terminated:
			close(closed)
		}
	}))
	for _, message := range say {
		system.Root.Send(conn.PID(), message)
	}
	<-closed
	system.Root.Stop(watcher)
	if err := sup.Stop(context.Background()); err != nil {
		panic(err)
	}
}

// printer prints what is received and closes at "bye".
var printer = actors.WithCallbacks(actors.Callbacks{
	OnMessage: func(c *actors.Conn, e *messages.Received) {
		fmt.Printf("got %s\n", e.Data)
		if string(e.Data) == "bye" {
			_ = c.Close(messages.CloseNormal, "")
		}
	},
})

// An interceptor that logs.
func ExampleWithIncoming_log() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { // so that the output is always the same
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
	logger := actors.IncomingFunc(func(m *messages.Received) *messages.Received {
		log.Info("received", "epoch", m.Epoch, "type", m.Type, "bytes", len(m.Data))
		return m
	})
	echoed([]any{messages.Text("bye")}, printer, actors.WithIncoming(logger))
	// Output:
	// level=INFO msg=received epoch=1 type=text bytes=3
	// got bye
}

// meter counts what many connections send: it may be called by all of them at once.
type meter struct{ messages, bytes atomic.Int64 }

func (m *meter) Send(o actors.Outbound) *messages.Send {
	m.messages.Add(1)
	m.bytes.Add(int64(len(o.Send.Data)))
	return o.Send
}

// An interceptor that counts.
func ExampleWithOutgoing_meter() {
	m := &meter{}
	echoed([]any{messages.Text("hello"), messages.Text("bye")}, printer, actors.WithOutgoing(m))
	fmt.Println(m.messages.Load(), "messages,", m.bytes.Load(), "bytes")
	// Output:
	// got hello
	// got bye
	// 2 messages, 8 bytes
}

// An interceptor that makes another message: the one that was sent is never changed,
// since it may be on its way to other connections too.
func ExampleWithOutgoing_transform() {
	upper := actors.OutgoingFunc(func(o actors.Outbound) *messages.Send {
		if string(o.Send.Data) == "bye" {
			return o.Send
		}
		return &messages.Send{Type: o.Send.Type, Data: bytes.ToUpper(o.Send.Data)}
	})
	echoed([]any{messages.Text("hello"), messages.Text("bye")}, printer, actors.WithOutgoing(upper))
	// Output:
	// got HELLO
	// got bye
}

// An interceptor that drops, here what a server says to show that it lives.
func ExampleWithIncoming_drop() {
	quiet := actors.IncomingFunc(func(m *messages.Received) *messages.Received {
		if string(m.Data) == "keepalive" {
			return nil
		}
		return m
	})
	echoed([]any{messages.Text("keepalive"), messages.Text("bye")}, printer, actors.WithIncoming(quiet))
	// Output:
	// got bye
}

// quote is what a server of JSON says.
type quote struct {
	Symbol string  `json:"symbol"`
	Price  float64 `json:"price"`
}

// Values in and out: what does not decode comes too, with the reason.
func ExampleJSON() {
	echoed([]any{
		&messages.SendValue{Value: quote{"ABC", 1.5}},
		messages.Text(`{"symbol": 7}`),
	}, actors.WithCodec(actors.JSON[quote]()), actors.WithCallbacks(actors.Callbacks{
		OnValue: func(c *actors.Conn, e *messages.Decoded) {
			if e.Err != nil {
				fmt.Printf("%s: cannot be read\n", e.Received.Data)
				_ = c.Close(messages.CloseUnsupportedData, "")
				return
			}
			q := e.Value.(quote)
			fmt.Println(q.Symbol, q.Price)
		},
	}))
	// Output:
	// ABC 1.5
	// {"symbol": 7}: cannot be read
}

// A handler that is an actor gets the same values.
func ExampleProtobuf() {
	object, err := structpb.NewStruct(map[string]any{"symbol": "ABC", "price": 1.5})
	if err != nil {
		panic(err)
	}
	echoed([]any{&messages.SendValue{Value: object}},
		actors.WithCodec(actors.Protobuf[*structpb.Struct]()),
		actors.WithHandler(func() actor.Actor {
			return actor.ReceiveFunc(func(ctx actor.Context) {
				if e, ok := ctx.Message().(*messages.Decoded); ok && e.Err == nil {
					fields := e.Value.(*structpb.Struct).Fields
					fmt.Println(fields["symbol"].GetStringValue(), fields["price"].GetNumberValue())
					ctx.Send(e.Conn, &messages.Close{})
				}
			})
		}))
	// Output: ABC 1.5
}

// tolerant is a handler around a handler: a panic over a message is printed and that
// message skipped, where otherwise the connection would start anew.
type tolerant struct{ actor.Actor }

func (h *tolerant) Receive(ctx actor.Context) {
	if m, ok := ctx.Message().(*messages.Received); ok {
		defer func() {
			if reason := recover(); reason != nil {
				fmt.Printf("skipped %s: %v\n", m.Data, reason)
			}
		}()
	}
	h.Actor.Receive(ctx)
}

// A handler is wrapped by an actor that has it and calls its Receive.
func ExampleWithHandler_wrap() {
	fragile := actor.ReceiveFunc(func(ctx actor.Context) {
		if m, ok := ctx.Message().(*messages.Received); ok {
			if string(m.Data) == "bad" {
				panic("cannot read that")
			}
			fmt.Printf("got %s\n", m.Data)
			ctx.Send(m.Conn, &messages.Close{})
		}
	})
	echoed([]any{messages.Text("bad"), messages.Text("good")},
		actors.WithHandler(func() actor.Actor { return &tolerant{fragile} }))
	// Output:
	// skipped bad: cannot read that
	// got good
}

// router is a handler that has a child for every symbol, which lives as long as the
// handler does.
type router struct{ books map[string]*actor.PID }

func (r *router) Receive(ctx actor.Context) {
	e, ok := ctx.Message().(*messages.Decoded)
	if !ok || e.Err != nil {
		return
	}
	q := e.Value.(quote)
	pid := r.books[q.Symbol]
	if pid == nil {
		pid = ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return &book{} }))
		r.books[q.Symbol] = pid
	}
	ctx.Send(pid, e)
}

// book is what is known of one symbol.
type book struct{ prices []float64 }

func (b *book) Receive(ctx actor.Context) {
	if e, ok := ctx.Message().(*messages.Decoded); ok {
		q := e.Value.(quote)
		if b.prices = append(b.prices, q.Price); len(b.prices) == 2 {
			fmt.Println(q.Symbol, b.prices)
			ctx.Send(e.Conn, &messages.Close{})
		}
	}
}

// A handler may have children of its own and give each what is for it.
func ExampleWithHandler_children() {
	echoed([]any{
		&messages.SendValue{Value: quote{"ABC", 1.5}},
		&messages.SendValue{Value: quote{"XYZ", 9}},
		&messages.SendValue{Value: quote{"ABC", 1.6}},
	}, actors.WithCodec(actors.JSON[quote]()),
		actors.WithHandler(func() actor.Actor { return &router{books: make(map[string]*actor.PID)} }))
	// Output: ABC [1.5 1.6]
}
