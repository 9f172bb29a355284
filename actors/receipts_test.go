package actors_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// log is a peer that notes what it reads, by the socket.
type peerLog struct{ sockets chan chan string }

func newPeerLog() *peerLog { return &peerLog{sockets: make(chan chan string, 1<<12)} }

func (l *peerLog) peer() wstest.Peer {
	return wstest.WebSocket(func(ws *websocket.Conn) {
		read := make(chan string, 1<<14)
		l.sockets <- read
		defer close(read)
		for {
			_, data, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			read <- string(data)
		}
	})
}

// all returns what was read on each socket. The server is closed.
func (l *peerLog) all() (sockets [][]string) {
	close(l.sockets)
	for read := range l.sockets {
		var texts []string
		for text := range read {
			texts = append(texts, text)
		}
		sockets = append(sockets, texts)
	}
	return sockets
}

// requester is an actor that requests, and keeps what comes back.
type requester struct {
	pid     *actor.PID
	root    *actor.RootContext
	answers chan any
}

type requested struct {
	to *actor.PID
	m  any
}

func newRequester(sup *supervisor.Supervisor) *requester {
	r := &requester{root: sup.System().Root, answers: make(chan any, 1<<14)}
	r.pid = r.root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch m := ctx.Message().(type) {
		case requested:
			ctx.Request(m.to, m.m)
		case *messages.Written, *messages.Dropped, *messages.Unknown, *messages.Answer, *messages.Flushed, *messages.Rejected:
			r.answers <- m
		}
	}))
	return r
}

func (r *requester) request(conn *actors.Conn, m any) { r.root.Send(r.pid, requested{conn.PID(), m}) }

func answer[A any](t *testing.T, r *requester) A {
	t.Helper()
	select {
	case got := <-r.answers:
		wanted, ok := got.(A)
		if !ok {
			t.Fatalf("got %T %+v, want a %T", got, got, wanted)
		}
		return wanted
	case <-time.After(time.Minute):
		t.Fatal("no answer came")
		panic("unreachable")
	}
}

func order(text string) *messages.Enqueue {
	return &messages.Enqueue{Send: messages.Text(text), Receipt: true}
}

// A receipt is Written once the kernel has the message, Dropped when the queue is
// over it, Unknown when the socket fails over it.
func TestReceipts(t *testing.T) {
	log := newPeerLog()
	inMemory(t, log.peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithQueue(2, 1000), actors.WithPolicy(supervisor.Fixed(time.Second)))
		r := newRequester(sup)
		wstest.Next[*messages.Opened](t, events)
		first := order("first")
		r.request(conn, first)
		if w := answer[*messages.Written](t, r); w.Epoch != 1 || w.Message != first || w.Conn != conn.PID() || w.Duplicate {
			t.Errorf("got %+v", w)
		}

		server.Become(wstest.Frozen)
		server.Cut()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		for _, text := range []string{"second", "third", "fourth"} {
			r.request(conn, order(text))
		}
		if d := answer[*messages.Dropped](t, r); string(d.Message.Send.Data) != "fourth" || !is[*messages.QueueFullError](d.Err) {
			t.Errorf("got %+v", d)
		}
		if err := conn.Close(messages.CloseNormal, ""); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"second", "third"} {
			if d := answer[*messages.Dropped](t, r); string(d.Message.Send.Data) != text || !is[*messages.ClosedError](d.Err) {
				t.Errorf("got %+v", d)
			}
		}
		events.Last(t)
	})
}

// A peer that reads nothing takes the first bytes only; then it is gone.
func TestReceiptUnknown(t *testing.T) {
	release := make(chan struct{})
	onLoopback(t, wstest.Deaf(release), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithQueue(100, 100<<20), actors.WithReadLimit(1<<20))
		r := newRequester(sup)
		wstest.Next[*messages.Opened](t, events)
		big := &messages.Enqueue{Send: messages.Binary(make([]byte, 32<<20)), Receipt: true}
		r.root.RequestWithCustomSender(conn.PID(), big, r.pid) // it is queued when this returns
		for inspect(t, sup, conn).Queued > 0 {                 // until it is handed over
		}
		server.Cut()
		close(release)
		if u := answer[*messages.Unknown](t, r); u.Message != big || u.Epoch != 1 || u.Err == nil {
			t.Errorf("got %+v", u)
		}
		if f := wstest.Next[*messages.Failed](t, events); f.Epoch != 1 {
			t.Errorf("got %s", wstest.Describe(f))
		}
		closeAndWait(t, conn, events)
	})
}

// A goroutine waits for the receipt.
func TestDeliver(t *testing.T) {
	log := newPeerLog()
	inMemory(t, log.peer(), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		if w, err := conn.Deliver(t.Context(), order("x")); err != nil || w.Epoch != 1 {
			t.Errorf("got %+v, %v", w, err)
		}
		server.Become(wstest.Frozen)
		server.Cut()
		synctest.Wait()
		expired := order("y")
		expired.TTL = time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := conn.Deliver(ctx, order("z")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		server.Become(log.peer())
		if _, err := conn.Deliver(t.Context(), expired); !is[*messages.ExpiredError](err) {
			t.Errorf("got %v", err)
		}
		closeAndWait(t, conn, events)
	})
}

// Over random faults every send has exactly one receipt; what is written keeps its
// order within an epoch. With resend, whatever is Written was read by the peer.
func TestReceiptsOverFaults(t *testing.T) {
	for _, resend := range []bool{false, true} {
		for seed := range uint64(20) {
			t.Run(fmt.Sprintf("resend %t/seed %d", resend, seed), func(t *testing.T) {
				log := newPeerLog()
				inMemory(t, cutter(log.peer(), rand.New(rand.NewPCG(seed, 1))), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
					overFaults(t, sup, server, log, rand.New(rand.NewPCG(seed, 2)), resend)
				})
			})
		}
	}
}

// cutter is a peer whose socket breaks after some bytes.
func cutter(peer wstest.Peer, random *rand.Rand) wstest.Peer {
	limits := make(chan int, 1<<12)
	for range cap(limits) {
		limits <- 300 + random.IntN(3000)
	}
	return func(conn net.Conn) { peer(&limited{Conn: conn, left: <-limits}) }
}

type limited struct {
	net.Conn
	left int
}

func (c *limited) Read(p []byte) (int, error) {
	if c.left <= 0 {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func overFaults(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server, log *peerLog, random *rand.Rand, resend bool) {
	options := []actors.Option{actors.WithQueue(50, 10_000), actors.WithPolicy(supervisor.Fixed(100 * time.Millisecond))}
	if resend {
		options = append(options, actors.WithResend())
	}
	overflow := []actors.Overflow{actors.RejectNewest, actors.DropOldest, actors.DropKeyed}[random.IntN(3)]
	conn, events := connect(t, sup, server, append(options, actors.WithOverflow(overflow))...)
	r := newRequester(sup)
	const n = 1000
	for i := range n {
		r.request(conn, randomOrder(i, random))
		if random.IntN(10) == 0 {
			pass(time.Duration(random.IntN(100)) * time.Millisecond)
		}
	}
	pass(time.Minute)
	closeAndWait(t, conn, events)
	synctest.Wait()
	server.Close()
	read := make(map[int]int)
	for _, socket := range log.all() {
		last := -1
		for _, text := range socket {
			number, plain := parse(text)
			read[number]++
			if plain && number <= last {
				t.Errorf("%d after %d", number, last)
			}
			if plain {
				last = number
			}
		}
	}
	receipts, kinds := make(map[int]int), make(map[string]int)
	for len(r.answers) > 0 {
		receipt := <-r.answers
		kinds[fmt.Sprintf("%T", receipt)]++
		switch m := receipt.(type) {
		case *messages.Written:
			number, _ := parse(string(m.Message.Send.Data))
			receipts[number]++
			if resend && read[number] == 0 {
				t.Errorf("%d is Written and was not read", number)
			}
			if read[number] > 1 && !m.Duplicate {
				t.Errorf("%d was read twice, which the receipt does not say", number)
			}
		case *messages.Dropped:
			number, _ := parse(string(m.Message.Send.Data))
			receipts[number]++
			if read[number] > 0 {
				t.Errorf("%d is Dropped and was read", number)
			}
		case *messages.Unknown:
			if resend && !is[*messages.ExpiredError](m.Err) {
				t.Errorf("not sent again: %+v", m)
			}
			number, _ := parse(string(m.Message.Send.Data))
			receipts[number]++
		}
	}
	t.Log(kinds, "over", conn.Epoch(), "epochs")
	for i := range n {
		if receipts[i] != 1 {
			t.Errorf("%d has %d receipts", i, receipts[i])
		}
	}
	if n, bytes := conn.Queued(), conn.BufferedAmount(); n != 0 || bytes != 0 {
		t.Errorf("%d messages and %d bytes are left in the queue", n, bytes)
	}
}

// randomOrder is number i, and says whether it is in no hurry and has no key.
func randomOrder(i int, random *rand.Rand) *messages.Enqueue {
	data := binary.BigEndian.AppendUint32(nil, uint32(i))
	m := &messages.Enqueue{Receipt: true}
	plain := byte(0)
	switch random.IntN(5) {
	case 0:
		m.Urgent = true
	case 1:
		m.Key = fmt.Sprint(random.IntN(10))
	case 2:
		m.TTL = time.Duration(1+random.IntN(200)) * time.Millisecond
		plain = 1
	default:
		plain = 1
	}
	m.Send = messages.Binary(append(append(data, plain), make([]byte, random.IntN(50))...))
	return m
}

func parse(text string) (number int, plain bool) {
	return int(binary.BigEndian.Uint32([]byte(text))), text[4] == 1
}
