package actors

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/messages"
)

// reader turns the frames of one socket into messages for the handler. Reading
// blocks, so it has a goroutine, the only one of an idle connection; that it has
// ended is the last thing it says.
type reader struct {
	conn    *Conn
	epoch   uint64
	ws      *websocket.Conn
	sock    *socket
	handler *actor.PID
	// silent says that what arrives is for nobody any more.
	silent atomic.Bool
	// said is when the peer last sent a message, since the socket was made. It is
	// kept only where somebody asks.
	said  atomic.Int64
	spoke atomic.Bool
}

// readerEnded says that nothing more of the epoch will be received, and why: a
// PeerClosedError, a ReadError or a ProtocolError.
type readerEnded struct {
	epoch uint64
	err   error
}

func (c *connection) startReader() {
	c.reader = &reader{conn: c.Conn, epoch: c.own, ws: c.ws, sock: c.sock, handler: c.handler.pid}
	r := c.reader
	c.ctx.Spawn(actor.PropsFromProducer(func() actor.Actor { return r }))
}

// Receive implements actor.Actor.
func (r *reader) Receive(ctx actor.Context) {
	if _, ok := ctx.Message().(*actor.Started); ok {
		go r.run()
	}
}

// quiet delivers nothing from now on.
func (r *reader) quiet() { r.silent.Store(true) }

func (r *reader) run() {
	err := r.read()
	_ = r.ws.CloseNow() // returns coder/websocket's buffers
	r.conn.mailbox.post(&readerEnded{epoch: r.epoch, err: err})
}

// read reads until it cannot, and returns why.
func (r *reader) read() error {
	for {
		r.await()
		kind, from, err := r.ws.Reader(background)
		if err != nil && r.refusedPong(err) {
			continue
		}
		if err != nil {
			return r.readError(err)
		}
		if err := r.receive(messages.Type(kind), from); err != nil {
			return r.readError(err)
		}
	}
}

// refusedPong reports whether an error is only that of a pong that met this
// side's close frame: the peer's is still to come.
func (r *reader) refusedPong(err error) bool {
	return r.sock.saidClose.Load() && errors.Is(err, net.ErrClosed) &&
		!r.sock.broken.Load() && !r.sock.closing.Load()
}

// await waits until the handler has room. When nothing is delivered any more
// there is no need to, and when the socket is closed there is no use.
func (r *reader) await() {
	credit := &r.conn.credit
	if !credit.full() {
		return
	}
	credit.paused.Store(true)
	for !credit.low() && !r.silent.Load() {
		<-credit.wake
	}
	credit.paused.Store(false)
	r.sock.resumed()
}

// receive reads one message and delivers it.
func (r *reader) receive(kind messages.Type, from io.Reader) error {
	b := buffers.Get().(*buffer)
	defer recycle(b)
	if err := b.readFrom(from); err != nil {
		return err
	}
	if r.heartbeat(kind, b.bytes) || r.silent.Load() {
		return nil
	}
	r.noteMessage()
	if kind == messages.TypeText && !utf8.Valid(b.bytes) {
		return r.refuse(messages.CloseInvalidPayload, &messages.InvalidUTF8Error{})
	}
	r.conn.credit.take()
	r.conn.system.Root.Send(r.handler, &messages.Received{
		Conn: r.conn.pid, Epoch: r.epoch, Type: kind, Data: bytes.Clone(b.bytes),
	})
	return nil
}

func (r *reader) noteMessage() {
	if r.conn.config.limits.wait() {
		r.said.Store(int64(r.sock.now()))
		r.spoke.Store(true)
	}
}

// lastMessage is when the peer last sent a message, if it ever has.
func (r *reader) lastMessage() (when time.Duration, ever bool) {
	ever = r.spoke.Load()
	return time.Duration(r.said.Load()), ever
}

// refuse closes for what the peer should not have sent.
func (r *reader) refuse(code messages.CloseCode, reason error) error {
	_ = writeClose(r.ws, code, reason.Error())
	return reason
}

// heartbeat reports whether a message belongs to a payload heartbeat: the peer's,
// which is answered here as coder/websocket answers pings, or the answer to this
// side's.
func (r *reader) heartbeat(kind messages.Type, data []byte) bool {
	config := &r.conn.config.heartbeat
	switch {
	case kind != messages.TypeText:
		return false
	case config.reply && bytes.Equal(data, config.question):
		_ = writeMessage(r.ws, messages.TextBytes(config.answer)) // the reader fails too if it cannot be
		return true
	case config.payload && !config.off && bytes.Equal(data, config.pong):
		r.conn.answered(r.sock, r.sock.ping.number.Load())
		return true
	default:
		return false
	}
}

// readError tells a close frame from a broken socket, and that from a peer that
// breaks the rules.
func (r *reader) readError(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return &messages.PeerClosedError{Code: messages.CloseCode(closed.Code), Reason: closed.Reason}
	case r.sock.broken.Load(), errors.Is(err, websocket.ErrMessageTooBig), is[*messages.InvalidUTF8Error](err):
		return &messages.ReadError{Err: err}
	default:
		// For some of these coder/websocket has sent a close frame; then this
		// does nothing.
		_ = writeClose(r.ws, messages.CloseProtocolError, "")
		return &messages.ProtocolError{Err: err}
	}
}

// readFrom reads a message to its end. The buffer goes back to the pool: the
// handler gets a copy of exactly the message's size.
func (b *buffer) readFrom(from io.Reader) error {
	for {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = append(b.bytes, 0)[:len(b.bytes)]
		}
		n, err := from.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
