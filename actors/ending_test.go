package actors_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/internal/ws/proxytest"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// ending is a way for a connection to live and end.
type ending struct {
	peer    wstest.Peer // nil: it echoes
	options []actors.Option
	handle  func(l *life, ctx actor.Context)   // what its handler does besides
	use     func(l *life, conn *actors.Conn)   // once it is open, unless never is set
	never   bool                               // it is never open
	server  func(t *testing.T, l *life) string // for other servers: the URL
	memory  bool                               // it is in memory
	all     func(l *life)                      // ends all of them at once
	through string                             // the scheme of a proxy
	dial    func(conn net.Conn)                // what a client does that is none of ours
	stays   bool                               // and it does not close then
	handler func(l *life) actors.Option        // in place of one that is counted
	both    bool                               // the tree has both ends
	want    outcome
}

// outcome is how handlers hear of the end. The zero value is any.
type outcome struct {
	code   messages.CloseCode
	failed func(error) bool // nil: it may not fail
}

// life is a test of one ending.
type life struct {
	sup       *supervisor.Supervisor
	groups    *actor.PID
	collected atomic.Int64    // handlers' states
	handlers  atomic.Int64    // made
	opened    sync.Map        // a channel, by epochOf
	ended     atomic.Int64    // last Closed
	shared    *actor.PID      // the handler of all, or nil
	release   <-chan struct{} // peers that are deaf, and what else waits: closed when all are over
	errorf    func(format string, arguments ...any)

	mu   sync.Mutex
	pids []*actor.PID // those that were accepted too
}

// handler makes handlers whose state is counted when it is collected.
func (l *life) handler(handle func(*life, actor.Context), want outcome) actors.Option {
	return actors.WithHandler(func() actor.Actor {
		l.handlers.Add(1)
		state := new([4 << 10]byte)
		runtime.AddCleanup(state, func(int) { l.collected.Add(1) }, 0)
		return actor.ReceiveFunc(func(ctx actor.Context) {
			state[0]++
			l.note(ctx.Message(), want)
			if handle != nil {
				handle(l, ctx)
			}
		})
	})
}

// note notes what a handler hears.
func (l *life) note(event any, want outcome) {
	switch m := event.(type) {
	case *messages.Opened:
		l.mu.Lock()
		l.pids = append(l.pids, m.Conn)
		l.mu.Unlock()
		close(l.isOpen(m.Conn, m.Epoch))
	case *messages.Failed:
		if want.code != 0 && (want.failed == nil || !want.failed(m.Err)) {
			l.errorf("failed with %v", m.Err)
		}
	case *messages.Closed:
		if want.code != 0 && m.Code != want.code {
			l.errorf("closed with %v, want %v", m.Code, want.code)
		}
		if !m.WillRetry {
			l.ended.Add(1)
		}
	}
}

// epochOf is an epoch of a connection.
type epochOf struct {
	id    string
	epoch uint64
}

// isOpen is closed when that epoch is open.
func (l *life) isOpen(conn *actor.PID, epoch uint64) chan struct{} {
	c, _ := l.opened.LoadOrStore(epochOf{conn.Id, epoch}, make(chan struct{}))
	return c.(chan struct{})
}

// awaitOpen waits until that epoch is open, or is not in a minute.
func (l *life) awaitOpen(conn *actors.Conn, epoch uint64) {
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	select {
	case <-l.isOpen(conn.PID(), epoch):
	case <-late.C:
		l.errorf("epoch %d of %s does not open", epoch, conn.PID().Id)
	}
}

func (l *life) stop(conn *actors.Conn)   { l.sup.System().Root.Stop(conn.PID()) }
func (l *life) poison(conn *actors.Conn) { l.sup.System().Root.Poison(conn.PID()) }
func shut(_ *life, conn *actors.Conn)    { _ = conn.Close(messages.CloseNormal, "") }

var once = actors.WithPolicy(supervisor.Policy{MaxAttempts: 1})

func endings(release <-chan struct{}) map[string]ending {
	deaf := wstest.Deaf(release)
	all := map[string]ending{
		"close":        {use: shut},
		"peer's close": {peer: wstest.CloseWith(websocket.StatusNormalClosure, "bye"), options: []actors.Option{once}},
		"cut off":      {peer: wstest.Drop, options: []actors.Option{once}},
		"garbage":      {peer: wstest.Garbage, options: []actors.Option{once}, never: true},
		"refused": {never: true, options: []actors.Option{once}, server: func(*testing.T, *life) string {
			closed := httptest.NewServer(nil)
			closed.Close()
			return "ws" + closed.URL[len("http"):]
		}},
		"closed while it dials": {peer: wstest.Frozen, never: true, use: shut},
		"handler panics": {use: sayOne, handle: func(_ *life, ctx actor.Context) {
			if _, is := ctx.Message().(*messages.Received); is {
				panic("on purpose")
			}
		}, options: []actors.Option{once}},
		"handler stops": {handle: func(_ *life, ctx actor.Context) {
			if _, is := ctx.Message().(*messages.Opened); is {
				ctx.Stop(ctx.Self())
			}
		}},
		"poison":  {use: (*life).poison},
		"stopped": {use: (*life).stop},
		"stopped with a backlog": {peer: deaf, use: func(l *life, conn *actors.Conn) {
			_ = conn.Send(messages.Binary(make([]byte, 256<<10)))
			_ = conn.Send(messages.Binary(make([]byte, 256<<10)))
			l.stop(conn)
		}},
		"rotated": {use: func(l *life, conn *actors.Conn) {
			l.sup.System().Root.Send(conn.PID(), &messages.Rotate{})
			l.awaitOpen(conn, 2)
			shut(l, conn)
		}},
		"reconnected": {peer: wstest.Drop, use: func(l *life, conn *actors.Conn) {
			l.awaitOpen(conn, 5)
			shut(l, conn)
		}, options: []actors.Option{actors.WithPolicy(supervisor.Fixed(time.Nanosecond))}},
		"asks": {peer: wstest.WebSocket(reading), use: func(l *life, conn *actors.Conn) {
			ctx, cancel := context.WithCancel(context.Background())
			go func() { _, _ = conn.Ask(ctx, ask("1")) }()
			go func() { _, _ = conn.Ask(ctx, ask("2")) }()
			cancel()
			shut(l, conn)
		}, options: []actors.Option{actors.WithCorrelation(id, 0)}},
		"keys and receipts": {use: func(l *life, conn *actors.Conn) {
			for i := range 20 {
				_ = conn.Enqueue(&messages.Enqueue{Send: messages.Text("x"), Key: fmt.Sprint(i % 3), Receipt: true, Urgent: i%4 == 0})
			}
			_ = conn.Flush(context.Background())
			shut(l, conn)
		}, options: []actors.Option{actors.WithResend()}},
		"compression": {options: []actors.Option{actors.WithCompression(websocket.CompressionContextTakeover)}, use: func(l *life, conn *actors.Conn) {
			_ = conn.Send(messages.Text("hello hello hello hello"))
			shut(l, conn)
		}},
		"timers": {use: shut, options: []actors.Option{
			actors.WithMaxAge(24*time.Hour, 0.5), actors.WithHeartbeat(time.Hour, time.Hour),
		}},
		"TLS":     {server: overTLS, use: shut},
		"accepts": {server: byAccept(outcome{}), use: shut, both: true},
		"accepts what is cut off": {server: byAccept(outcome{}), both: true, use: func(l *life, conn *actors.Conn) {
			l.stop(conn)
		}},
		"in memory": {memory: true, peer: closes, use: shut},
		"in memory, stopped with a backlog": {memory: true, peer: deaf, use: func(l *life, conn *actors.Conn) {
			_ = conn.Send(messages.Text("x"))
			l.stop(conn)
		}},
		"in groups": {use: func(l *life, conn *actors.Conn) {
			for _, group := range []string{"all", conn.PID().Id} {
				l.sup.System().Root.Send(l.groups, &messages.Join{Group: group, Conn: conn.PID()})
			}
			l.sup.System().Root.Send(l.groups, &messages.Broadcast{Group: "all", Message: messages.Text("x")})
			shut(l, conn)
		}},
		"drained": {all: func(l *life) {
			_, _ = l.sup.Drain(context.Background(), messages.Drain{Timeout: time.Minute})
		}},
		"forced": {peer: deaf, all: func(l *life) {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			_ = l.sup.Stop(over)
		}},
	}
	for _, more := range []map[string]ending{failures(), slowFailures(deaf), rare(), acceptedEnds()} {
		maps.Copy(all, more)
	}
	return all
}

func sayOne(_ *life, conn *actors.Conn) { _ = conn.Send(messages.Text("x")) }

func overTLS(t *testing.T, l *life) string {
	server := httptest.NewTLSServer(http.HandlerFunc(echoHandler))
	t.Cleanup(server.Close)
	return "wss" + server.URL[len("https"):]
}

// byAccept is a server of ours, under the same tree.
func byAccept(want outcome, options ...actors.Option) func(*testing.T, *life) string {
	return func(t *testing.T, l *life) string {
		server := httptest.NewUnstartedServer(actors.Accept(l.sup, append([]actors.Option{
			l.handler(nil, want), actors.WithIdleTimeout(time.Hour)}, options...)...))
		server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
			_ = conn.(*net.TCPConn).SetWriteBuffer(4 << 10) // that of a message of a megabyte something is left
			return ctx
		}
		server.Start()
		t.Cleanup(server.Close)
		return "ws" + server.URL[len("http"):]
	}
}

// Thousands of connections, opened, used and ended in every way, leave no actor, no
// goroutine, no file and nothing of their handlers, though their PIDs and Conns are
// kept. Each way has a tree of its own, in a system that all share.
func TestEveryEndLeavesNothing(t *testing.T) {
	system := quietSystem()
	fillRegistry(system)
	for name := range endings(nil) {
		t.Run(name, func(t *testing.T) {
			for tries := 1; ; tries++ {
				var sure bool
				t.Run("", func(t *testing.T) { sure = endAll(t, system, name, 52) })
				if sure || t.Failed() {
					break
				}
				if tries == 20 {
					t.Fatal("what was there before is let go of all the time: nothing is measured")
				}
			}
		})
	}
}

// endAll reports whether what they leave was measured.
func endAll(t *testing.T, system *actor.ActorSystem, name string, n int) bool {
	files, idle, others := openFiles(t), goleak.IgnoreCurrent(), processes(system)
	release := make(chan struct{})
	letGo := sync.OnceFunc(func() { close(release) })
	defer letGo()
	e := endings(release)[name]
	t.Cleanup(func() {
		goleak.VerifyNone(t, append(throttles, idle)...)
		eventually(t, "files", files, func() int { return openFiles(t) })
		eventually(t, "actors without a tree", others, func() int { return processes(system) })
	})
	l := &life{sup: startIn(t, system), release: release, errorf: t.Errorf}
	warmUp(t, l.sup)
	l.groups = actors.StartGroups(system)
	defer system.Root.Stop(l.groups)
	stockpile(20 * n)
	before, registered := settled(), processes(system)
	conns := e.liveAll(t, l, n)
	e.isOver(t, l, registered, letGo)
	if e.want.code != 0 { // a server's may begin when a client has left it already
		eventually(t, "were told of the end", n, func() int { return int(l.ended.Load()) })
	}
	eventually(t, "states", 0, func() int {
		runtime.GC()
		return int(l.handlers.Load() - l.collected.Load())
	})
	if e.both {
		n *= 2
	}
	least := int64(512)
	if l.sup.Stopping() {
		least = 1 << 10 // what was the tree's is not there either
	}
	sure := keeps(t, "for who has it", before, n, least, 4<<10)
	runtime.KeepAlive(conns)
	runtime.KeepAlive(l.pids)
	l.pids = nil
	l.opened.Clear()
	return keeps(t, "for ever", before, n, least, 1<<10) && sure
}

// liveAll has so many connections live, side by side.
func (e *ending) liveAll(t *testing.T, l *life, n int) []*actors.Conn {
	url, handler := e.serve(t, l), l.handler(e.handle, e.want)
	if e.handler != nil {
		handler = e.handler(l)
	}
	conns := make([]*actors.Conn, n)
	var opening sync.WaitGroup
	for i := range conns {
		opening.Go(func() { conns[i] = e.live(t, l, url, handler) })
	}
	opening.Wait()
	return conns
}

// isOver waits until they are, and no actor is left of them, and lets go who waits.
func (e *ending) isOver(t *testing.T, l *life, registered int, letGo func()) {
	defer letGo()
	if e.all != nil {
		e.all(l)
	}
	if l.sup.Stopping() {
		eventually(t, "actors of the tree", 0, func() int { return ofTrees(l.sup.System()) })
		return
	}
	eventually(t, "connections", 0, l.sup.Running)
	letGo()
	if l.shared != nil {
		l.sup.System().Root.Poison(l.shared) // after what it was told
	}
	eventually(t, "actors", registered, func() int { return processes(l.sup.System()) })
}

// ofTrees counts the actors of trees.
func ofTrees(system *actor.ActorSystem) (n int) {
	for _, bucket := range system.ProcessRegistry.LocalPIDs.LocalPIDs {
		for _, id := range bucket.Keys() {
			if strings.HasPrefix(id, "sockvisor") {
				n++
			}
		}
	}
	return n
}

// warmUp has the tree make what its connections share, and each shard what it makes for
// its first.
func warmUp(t *testing.T, sup *supervisor.Supervisor) {
	t.Helper()
	server, err := wstest.ListenTCP(wstest.Echo)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	l := &life{sup: sup, errorf: t.Errorf}
	e := ending{use: shut, server: func(*testing.T, *life) string { return server.URL() }}
	withClock := processes(sup.System()) + 1
	e.liveAll(t, l, supervisor.DefaultShards)
	eventually(t, "connections", 0, sup.Running)
	eventually(t, "actors", withClock, func() int { return processes(sup.System()) })
}

// serve returns the URL of the server that this ending needs.
func (e *ending) serve(t *testing.T, l *life) string {
	if e.through != "" {
		e.options = append(e.options, actors.WithProxy(http.ProxyURL(proxytest.Start(t, e.through, nil))))
	}
	if e.server != nil {
		return e.server(t, l)
	}
	if e.peer == nil {
		e.peer = wstest.Echo
	}
	server, err := wstest.ListenTCP(e.peer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if e.memory {
		server = wstest.Listen(e.peer)
		t.Cleanup(server.Close)
		e.options = append(e.options, actors.WithDialContext(unhurried(server.DialContext)))
	}
	return server.URL()
}

// live opens a connection and uses it up.
func (e *ending) live(t *testing.T, l *life, url string, handler actors.Option) *actors.Conn {
	if e.dial != nil {
		e.byHand(t, l, url)
		return nil
	}
	options := append([]actors.Option{handler}, e.options...)
	if strings.HasPrefix(url, "wss") {
		options = append(options, actors.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	}
	conn, err := actors.Connect(l.sup, url, options...)
	if err != nil {
		t.Error(err)
		return nil
	}
	if !e.never {
		l.awaitOpen(conn, 1)
	}
	if e.use != nil {
		e.use(l, conn)
	}
	return conn
}

// eventually waits until there are so many.
func eventually(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for got := count(); got != want; got = count() {
		select {
		case <-deadline.C:
			t.Fatalf("%d %s, want %d", got, what, want)
		default:
			runtime.Gosched()
		}
	}
}
