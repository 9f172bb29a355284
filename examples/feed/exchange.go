package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

var symbols = []string{"BTC", "ETH", "SOL"}

// Of the heartbeats. They are short, so that a frozen socket does not take long of so
// short a run.
const (
	interval = 200 * time.Millisecond
	timeout  = 300 * time.Millisecond
)

// heartbeat is one of the three ways to keep a connection alive, from both ends.
type heartbeat struct {
	name           string
	client, server []actors.Option
}

// heartbeats has one for each exchange.
var heartbeats = map[string]heartbeat{
	"alpha": {
		name:   "client pings, RFC 6455",
		client: []actors.Option{actors.WithHeartbeat(interval, timeout)},
		server: []actors.Option{actors.WithoutHeartbeat()},
	},
	"bravo": {
		name:   "client says ping, exchange says pong",
		client: []actors.Option{actors.WithHeartbeat(interval, timeout), actors.WithPayloadHeartbeat("ping", "pong")},
		server: []actors.Option{actors.WithoutHeartbeat(), actors.WithHeartbeatReply("ping", "pong")},
	},
	// The client's own pings stay on, a little later than the exchange's questions: an
	// exchange that has vanished asks nothing.
	"charlie": {
		name:   "exchange says 0x9, client says 0xA",
		client: []actors.Option{actors.WithHeartbeat(2*interval, timeout), actors.WithHeartbeatReply("0x9", "0xA")},
		server: []actors.Option{actors.WithHeartbeat(interval, timeout), actors.WithPayloadHeartbeat("0x9", "0xA")},
	},
}

// exchange is a server in this process, with an actor system of its own: the client
// knows no more of it than its URL.
type exchange struct {
	name      string
	heartbeat heartbeat
	url       string

	line   *line
	server *http.Server
	sup    *supervisor.Supervisor
	market *actor.PID
	groups *actor.PID

	cancel context.CancelFunc // of the loops
	loops  sync.WaitGroup
	cuts   int // of sockets; both are final after halt
	frozen int
}

func startExchange(name string, seed uint64, p plan) (*exchange, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	system := actor.NewActorSystem(actor.WithLoggerFactory(quiet))
	sup, err := supervisor.Start(system)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	x := &exchange{
		name: name, heartbeat: heartbeats[name], url: "ws://" + listener.Addr().String() + "/",
		line: &line{Listener: listener}, sup: sup, groups: actors.StartGroups(system), cancel: cancel,
	}
	x.market = system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return newMarket(seed, x.groups) }))
	accept := actors.Accept(sup, append([]actors.Option{
		actors.WithHandler(func() actor.Actor { return &session{market: x.market, groups: x.groups} }),
	}, x.heartbeat.server...)...)
	x.server = &http.Server{Handler: accept, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = x.server.Serve(x.line) }()
	x.loops.Go(func() { x.trade(ctx, p.rate) })
	x.loops.Go(func() { x.harm(ctx, p.cuts, rand.New(rand.NewPCG(seed, 1))) })
	return x, nil
}

// trade has the market make its changes, at a rate a symbol.
func (x *exchange) trade(ctx context.Context, rate float64) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for began := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			x.sup.System().Root.Send(x.market, &trade{upTo: int(time.Since(began).Seconds() * rate)})
		}
	}
}

// harm cuts the socket, or freezes it, in turn and at random times.
func (x *exchange) harm(ctx context.Context, every time.Duration, random *rand.Rand) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every/2 + below(random, every)):
		}
		switch {
		case x.cuts > x.frozen && x.line.freeze():
			x.frozen++
		case x.cuts == x.frozen && x.line.cut():
			x.cuts++
		}
	}
}

// below returns a random duration from zero to less than most.
func below(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}

// halt ends the changes and the cuts.
func (x *exchange) halt() {
	x.cancel()
	x.loops.Wait()
}

// look returns how the market's listings are. After halt their books are final.
func (x *exchange) look() map[string]*listing {
	reply := make(chan map[string]*listing, 1)
	x.sup.System().Root.Send(x.market, &lookMarket{reply})
	return <-reply
}

// stop ends everything.
func (x *exchange) stop(ctx context.Context) error {
	x.halt()
	root := x.sup.System().Root
	err := errors.Join(x.sup.Stop(ctx), x.server.Close())
	root.Stop(x.groups)
	root.Stop(x.market)
	return err
}

// session is the handler of one client's connection.
type session struct{ market, groups *actor.PID }

// Receive implements actor.Actor.
func (s *session) Receive(ctx actor.Context) {
	m, ok := ctx.Message().(*messages.Received)
	if !ok {
		return
	}
	r := new(request)
	if json.Unmarshal(m.Data, r) != nil {
		ctx.Send(m.Conn, &messages.Close{Code: messages.CloseInvalidPayload})
		return
	}
	switch r.Op {
	case "subscribe":
		ctx.Send(s.groups, &messages.Join{Group: r.Symbol, Conn: m.Conn})
	case "snapshot", "quote":
		ctx.Send(s.market, &order{request: r, conn: m.Conn})
	}
}
