package reader

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/wire"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
	"github.com/sockvisor/sockvisor/messages"
)

// trial is a reader of one end of a WebSocket, with all that is around it, and the peer at
// the other end.
type trial struct {
	*testing.T
	owner   *owner
	link    Link
	readers *Readers
	inbox   *HandlerInbox
	reader  *Reader
	pid     *actor.PID // of the reader
	peer    *ws.Conn
	handled chan any
}

// setup is what a trial may have another way.
type setup struct {
	blocking bool // the kernel cannot be asked
	deflates bool // messages are compressed
	config   Config
	shared   bool      // the handler is not the owner's alone
	handle   func(any) // before it is handled
	filter   func(*messages.Received) (any, error)
	epoch    uint64
	limit    int64
}

// end is what a reader has ended with.
type end struct {
	why  error
	open bool
}

// owner is a connection that does nothing but note.
type owner struct {
	box      *ownerBox
	ended    chan end
	pongs    chan []byte
	answered chan struct{}
	told     chan any
	stopping chan *actor.PID
	filter   func(*messages.Received) (any, error)
}

func (o *owner) ReaderEnded(_ *Reader, why error, open bool)         { o.ended <- end{why, open} }
func (o *owner) Pong(_ *Reader, payload []byte)                      { o.pongs <- payload }
func (o *owner) Answered(*Reader)                                    { o.answered <- struct{}{} }
func (o *owner) Filter(_ *Reader, m *messages.Received) (any, error) { return o.filter(m) }
func (o *owner) Tell(event any)                                      { o.told <- event }
func (o *owner) HandlerStopping(who *actor.PID)                      { o.stopping <- who }
func (o *owner) Mailbox() *mailbox.Runner                            { return &o.box.Runner }
func (o *owner) Guard(system *actor.ActorSystem) mailbox.Guard       { return guard{system} }

// ownerBox is its mailbox.
type ownerBox struct{ mailbox.Inbox }

func (*ownerBox) Guard(system *actor.ActorSystem) mailbox.Guard { return guard{system} }

type guard struct{ system *actor.ActorSystem }

func (g guard) Stop(who *actor.PID)                        { g.system.Root.Stop(who) }
func (guard) Do(f func())                                  { f() }
func (guard) Crashed(*messages.HandlerError, ...slog.Attr) {}

// spawned returns the mailbox of a new actor, which is held.
func spawned[M mailbox.Work](t *testing.T, system *actor.ActorSystem, props *actor.Props) (*actor.PID, M) {
	t.Helper()
	pid := system.Root.Spawn(props)
	m, ok := mailbox.Of[M](system, pid)
	if !ok {
		t.Fatalf("%v has another mailbox", pid)
	}
	return pid, m
}

// try begins a trial.
func try(t *testing.T, s setup) *trial {
	t.Helper()
	if s.config.MaxUnhandled == 0 {
		s.config.MaxUnhandled = 256
	}
	if s.epoch == 0 {
		s.epoch = 1
	}
	s.config.Filters = s.filter != nil
	system := actor.NewActorSystem(actor.WithLoggerFactory(
		func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	t.Cleanup(system.Shutdown)
	workers := mailbox.NewWorkers()
	tr := &trial{T: t, readers: NewReaders(workers), handled: make(chan any, 1000)}
	tr.owner = &owner{
		ended: make(chan end, 10), pongs: make(chan []byte, 100), answered: make(chan struct{}, 100),
		told: make(chan any, 1000), stopping: make(chan *actor.PID, 10), filter: s.filter,
	}
	ownerPID, box := spawned[*ownerBox](t, system, actor.PropsFromFunc(func(ctx actor.Context) {
		if write, ok := ctx.Message().(func()); ok {
			write()
		}
	}, actor.WithMailbox(func() actor.Mailbox {
		m := &ownerBox{}
		m.Init(m)
		return m
	}), actor.WithDispatcher(workers)))
	tr.owner.box = box
	tr.link.Init(&s.config, tr.owner, ownerPID)
	_, tr.inbox = spawned[*HandlerInbox](t, system, actor.PropsFromFunc(func(ctx actor.Context) {
		if s.handle != nil {
			s.handle(ctx.Message())
		}
		tr.handled <- ctx.Message()
	}, actor.WithMailbox(NewHandlerInbox), actor.WithDispatcher(workers)))
	if !tr.inbox.Claim(&tr.link) || tr.inbox.Claim(&tr.link) {
		t.Error("an inbox is claimed once")
	}
	if tr.inbox.Owner() != Owner(tr.owner) || tr.link.Owner() != Owner(tr.owner) {
		t.Error("it is another's")
	}
	box.Release()
	tr.inbox.Release()
	var own *ws.Conn
	own, tr.peer = pair(t, s)
	pid, inbox := spawned[*Inbox](t, system, tr.readers.Props())
	target := tr.inbox
	if s.shared {
		target = nil
	}
	tr.pid = pid
	tr.reader = inbox.Read(&tr.link, s.epoch, own, target)
	if !tr.link.Attached() || tr.reader.Epoch() != s.epoch || tr.reader.WS() != own {
		t.Error("it reads another socket")
	}
	t.Cleanup(func() {
		tr.peer.Abort()
		own.Socket.Abort()
		tr.link.Detach()
		system.Root.Stop(pid)
		tr.readers.Close()
		workers.Close()
	})
	return tr
}

// pair returns both ends of a WebSocket over loopback: a client, which is to be read, and
// its peer.
func pair(t *testing.T, s setup) (own, peer *ws.Conn) {
	t.Helper()
	if s.limit == 0 {
		s.limit = 1 << 20
	}
	options := transport.Options{WriteTimeout: 10 * time.Second, Maximum: 64 << 20, Rules: wire.Rules{Limit: s.limit}, Masks: true}
	if p := transport.NewPoller(); p != nil && !s.blocking {
		t.Cleanup(func() { _ = p.Close() })
		options.Poller = func() *transport.Poller { return p }
	}
	peers := make(chan *ws.Conn, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &ws.Acceptor{Compression: s.compression(), Socket: transport.Options{
			WriteTimeout: 10 * time.Second, Maximum: 64 << 20, Rules: wire.Rules{Limit: 1 << 20, Masked: true},
		}}
		c, err := a.Accept(w, r, func() {})
		if err != nil {
			t.Error(err)
		}
		peers <- c
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	d := &ws.Dialer{Compression: s.compression(), Socket: options, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	var attempt ws.Attempt
	own, err := attempt.Dial(t.Context(), d, ws.Request{URL: strings.Replace(server.URL, "http", "ws", 1)})
	if err != nil {
		t.Fatal(err)
	}
	peer = <-peers
	peer.Socket.SetPatient(true)
	return own, peer
}

// compression is a mode of coder/websocket's: with what came before, or none.
func (s setup) compression() websocket.CompressionMode {
	if s.deflates {
		return websocket.CompressionContextTakeover
	}
	return websocket.CompressionDisabled
}

// say has the peer say a text.
func (tr *trial) say(text string) {
	tr.Helper()
	if err := tr.peer.Write(wire.OpcodeText, []byte(text)); err != nil {
		tr.Fatal(err)
	}
}

// next returns the text of the next message that the handler has handled.
func (tr *trial) next() string {
	tr.Helper()
	for {
		if m, ok := (<-tr.handled).(*messages.Received); ok {
			return string(m.Data)
		}
	}
}

// heard returns the next text that the peer is sent.
func (tr *trial) heard() string {
	tr.Helper()
	for {
		if _, data, err := tr.peer.Next(); err != nil {
			tr.Fatal(err)
		} else if data != nil {
			return string(data)
		}
	}
}

// write has the owner write, when it runs.
func (tr *trial) write(text []byte) {
	tr.owner.box.PostUserMessage(func() { _ = tr.reader.ws.Write(wire.OpcodeText, text) })
}

// both tries a reader with and without a goroutine of its own.
func both(t *testing.T, f func(t *testing.T, blocking bool)) {
	t.Run("polled", func(t *testing.T) { f(t, false) })
	t.Run("blocking", func(t *testing.T) { f(t, true) })
}
