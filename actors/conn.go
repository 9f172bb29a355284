package actors

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/reader"
	"github.com/sockvisor/sockvisor/actors/internal/sendqueue"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// Conn is a connection seen from outside: what it publishes and where to send.
// All its methods may be called from any goroutine and none of them blocks,
// takes a lock or sends a message to find out.
//
// Actors use PID, goroutines may use either.
type Conn struct {
	pid     *actor.PID
	config  *config
	url     string
	tree    *tree
	mailbox *connMailbox

	published published

	// Of the connection and its children.
	link      reader.Link               // its readers' with its handler
	heartbeat atomic.Pointer[heartbeat] // of the socket there is, nil if it has none: the connection's word, for whoever sees a pong
	awaited   sendqueue.Awaited         // which asks wait, by the connection and its reader

	kept kept
}

// published is what a connection says of itself, for anybody to read.
type published struct {
	state atomic.Uint32 // messages.ReadyState: the connection's word
	epoch atomic.Uint64 // the connection's
	rtt   atomic.Int64  // nanoseconds: the heartbeat's
}

// kept is what outlives the incarnations, and is the connection's alone.
type kept struct {
	handler  handler
	inFlight *sendqueue.InFlight // nil until something needs it
	ready    *dialed             // the socket of the next epoch: a server's, or a fresh one
	dials    uint64              // asked of the governor
	// What a server wants to know: how it was closed, once, and that the actor has
	// ended, once.
	onClosed  func(messages.CloseCode)
	onStopped func()
	dropped   int  // how it ended: see child.Finished
	clean     bool // likewise
	reported  bool // and that the supervisor was told
	stopped   bool // a restart after a stop acquires nothing
}

// Connect starts a connection to url under the supervisor and returns at once:
// the dial runs beside it. The URL's scheme is ws, wss, http or https.
//
// Exactly one of [WithHandler], [WithHandlerProps], [WithHandlerPID] and
// [WithCallbacks] is required. A URL or an option that makes no sense is a
// [messages.OptionError]; a supervisor that is stopping a
// [supervisor.StoppedError]. A server that cannot be reached is neither: the
// handler gets Failed and Closed, and the policy retries.
func Connect(sup *supervisor.Supervisor, url string, options ...Option) (*Conn, error) {
	config, err := newConfig(sup, client, url, options)
	if err != nil {
		return nil, err
	}
	children := sup.Tree(config.policy)
	c, err := newConn(children, config, url)
	if err == nil {
		err = c.spawn(children)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func newConn(children child.Tree, config *config, url string) (*Conn, error) {
	t := treeOf(children)
	if t == nil {
		return nil, &supervisor.StoppedError{}
	}
	return &Conn{config: config, url: url, tree: t}, nil
}

func (c *Conn) spawn(children child.Tree) error {
	pid, err := children.Spawn(c.tree.connection)
	if err != nil {
		return err
	}
	c.pid = pid
	c.mailbox, _ = mailbox.Of[*connMailbox](c.tree.system, pid)
	c.mailbox.init(c)
	c.link.Init(&c.config.reading, c.mailbox, pid)
	c.mailbox.Actor().(*connection).conn = c
	c.mailbox.Release()
	return nil
}

// logAttrs are what of a client's URL may be logged. A server's has no host.
func (c *Conn) logAttrs() []slog.Attr {
	if c.config.host == "" {
		return nil
	}
	return []slog.Attr{slog.String("host", c.config.host)}
}

// PID is where actors send messages.Send, Close, Ack and Inspect.
func (c *Conn) PID() *actor.PID { return c.pid }

// URL is what Connect was called with, or as a server what the client asked for: the
// whole of it. In a log it should be String, or redacted with [messages.Redact].
func (c *Conn) URL() string { return c.url }

// String is its PID and its URL, without the secrets in that.
func (c *Conn) String() string { return c.pid.GetId() + " " + redactURL(c.url) }

// GoString is String: %#v would print the URL.
func (c *Conn) GoString() string { return c.String() }

// ReadyState is the browser's readyState.
func (c *Conn) ReadyState() messages.ReadyState {
	state := messages.ReadyState(c.published.state.Load())
	if state < messages.StateClosing && c.mailbox.sends.Closed() {
		return messages.StateClosing // asked to, on its way
	}
	return state
}

// BufferedAmount is the browser's bufferedAmount: the bytes of messages that
// are queued and not yet handed to a socket.
func (c *Conn) BufferedAmount() int64 {
	_, bytes := c.mailbox.sends.Depth()
	return bytes
}

// Queued is how many messages BufferedAmount is made of.
func (c *Conn) Queued() int {
	queued, _ := c.mailbox.sends.Depth()
	return queued
}

// Epoch is that of the present or last attempt, zero before the first.
func (c *Conn) Epoch() uint64 { return c.published.epoch.Load() }

// RTT is the round trip of the last heartbeat that was answered, zero before
// the first.
func (c *Conn) RTT() time.Duration { return time.Duration(c.published.rtt.Load()) }

// Send queues a message, or returns at once why not: see [messages.Send].
func (c *Conn) Send(message *messages.Send) error { return c.mailbox.admit(message) }

// SendValue queues the message that the codec makes of a value, or returns at once
// why not: see [messages.SendValue].
func (c *Conn) SendValue(value any) error {
	return c.mailbox.admit(&messages.SendValue{Value: value})
}

// Close ends the connection for good: see [messages.Close]. It does not wait;
// the handler's last Closed, or protoactor's Watch of PID, says when it is
// over. It returns a [messages.CloseCodeError] or [messages.CloseReasonError]
// if code or reason may not be sent, and closes nothing then.
func (c *Conn) Close(code messages.CloseCode, reason string) error {
	return c.mailbox.admit(&messages.Close{Code: code, Reason: reason})
}

// Reconnect has the connection not wait: see [messages.Reconnect].
func (c *Conn) Reconnect() { c.mailbox.post(&messages.Reconnect{}) }

// Rotate has the connection change to a fresh socket: see [messages.Rotate].
func (c *Conn) Rotate() { c.mailbox.post(&messages.Rotate{}) }

// keepNothing is for when the connection is over: protoactor's set of a parent's
// children may keep a PID for as long as the parent lives, and with it the Conn.
func (c *Conn) keepNothing() {
	c.kept.handler.stopTimer()
	c.kept.handler, c.kept.inFlight, c.kept.ready = handler{}, nil, nil
	c.kept.onClosed, c.kept.onStopped = nil, nil
	c.awaited.Forget()
}

func (c *Conn) setState(state messages.ReadyState) { c.published.state.Store(uint32(state)) }
