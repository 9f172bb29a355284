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

// reader turns the frames of one socket into messages for the handler. That it has
// ended is the last thing it says.
//
// Where the kernel tells when there is something to read, the reader is an actor
// that is told so, reads what is there, and has no goroutine meanwhile: see pump.
// Elsewhere, in memory and under TLS, a goroutine of its own waits: see loop.
type reader struct {
	inbox
	epoch   uint64
	ws      *websocket.Conn
	sock    *socket
	handler *actor.PID
	target  *inbox // of the handler, nil if that is shared

	polled bool
	fd     int
	room   chan struct{} // what a waiting loop waits for
	news   atomic.Bool   // the kernel may have something
	hangUp atomic.Bool   // and all of it must be read: the peer has closed
	woken  atomic.Bool   // there is a wakeUp in the inbox
	busy   bool          // a goroutine reads what is not there as a whole
	ended  bool

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

// wakeUp has a reader look what there is to do.
type wakeUp struct{}

// finished says that what was not there as a whole has been read.
type finished struct{ err error }

// A reader may have been stopped over these.
func (*wakeUp) IgnoreDeadLetterLogging()   {}
func (*finished) IgnoreDeadLetterLogging() {}

func (c *connection) startReader() {
	r := &reader{epoch: c.own, ws: c.ws, sock: c.sock, handler: c.handler.pid}
	if !c.config.handler.shared() {
		r.target = &c.handler.inbox
		r.then = r.target
	}
	r.polled = c.sock.intake.framed
	if !r.polled {
		r.room = make(chan struct{}, 1)
	}
	c.reader = r
	c.children[0] = c.startChild(r)
	c.credit.reader.Store(r)
}

func (r *reader) mailbox() *inbox { return &r.inbox }

// Receive implements actor.Actor.
func (r *reader) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.start()
	case *wakeUp:
		r.woken.Store(false)
		r.pump()
	case *finished:
		r.busy = false
		r.sock.intake.patient = false
		if m.err != nil {
			r.end(m.err)
			return
		}
		r.pump()
	case *actor.Stopping:
		r.leave()
	}
}

func (r *reader) start() {
	if !r.polled {
		go r.loop()
		return
	}
	err := r.sock.try.control(func(fd uintptr) {
		r.fd = int(fd)
		if r.sock.poller.add(r.fd, r) != nil {
			r.polled = false
		}
	})
	switch {
	case err != nil:
		r.end(r.readError(net.ErrClosed))
	case !r.polled:
		r.room = make(chan struct{}, 1)
		r.sock.intake.patient = true
		go r.loop()
	default:
		r.pump() // what was read before
	}
}

// leave forgets the socket. Reading has ended, or nobody cares any more.
func (r *reader) leave() {
	if r.polled {
		r.sock.poller.remove(r.fd, r)
	}
	if r.polled && !r.busy && !r.ended {
		r.ended = true
		_ = r.ws.CloseNow()
	}
}

// end is the end of a reader without a goroutine.
func (r *reader) end(err error) {
	if r.ended {
		return
	}
	r.ended = true
	r.sock.poller.remove(r.fd, r)
	r.sayEnded(err)
}

func (r *reader) sayEnded(err error) {
	_ = r.ws.CloseNow() // returns coder/websocket's buffers
	r.conn.mailbox.post(&readerEnded{epoch: r.epoch, err: err})
}

// readable is the poller's.
func (r *reader) readable(hangUp bool) {
	if hangUp {
		r.hangUp.Store(true)
	}
	r.news.Store(true)
	r.wakeUp()
}

var look = &wakeUp{}

// wakeUp may be called by anybody: there is news, or room, or the end.
func (r *reader) wakeUp() {
	if r.room != nil {
		select {
		case r.room <- struct{}{}:
		default:
		}
		return
	}
	if !r.woken.Swap(true) {
		r.PostUserMessage(look)
	}
}

// quiet delivers nothing from now on.
func (r *reader) quiet() { r.silent.Store(true) }

// pump delivers what is there, and what the kernel has, for as long as the handler
// has room.
func (r *reader) pump() {
	for turn := 0; !r.busy && !r.ended; turn++ {
		if !r.deliverAll() {
			return
		}
		if r.sock.intake.full() || !r.expects(turn) {
			r.finish()
			return
		}
		if turn == fair {
			r.wakeUp() // others wait
			return
		}
		r.news.Store(false) // first: what comes while it reads is news again
		more, err := r.sock.fill()
		if err != nil {
			r.end(r.readError(err))
			return
		}
		if more || r.hangUp.Load() {
			r.news.Store(true)
		}
	}
}

// expects reports whether there may be something to read. A socket that this side
// closes is no news, but reading it fails.
func (r *reader) expects(turn int) bool {
	return r.news.Load() || turn == 0 && r.sock.closing.Load()
}

// fair is how many times a reader reads before others have their turn.
const fair = 16

// deliverAll delivers the messages that are there as a whole, and reports whether
// there may be more.
func (r *reader) deliverAll() bool {
	for r.sock.intake.message() {
		if r.full() {
			return false
		}
		if err := r.one(); err != nil && !errors.Is(err, errLater) {
			r.end(err)
			return false
		}
	}
	return true
}

// finish has a goroutine of the moment wait for the rest of a message of which the
// beginning is there.
func (r *reader) finish() {
	r.sock.intake.release()
	if len(r.sock.intake.rest()) == 0 || r.full() {
		return
	}
	r.busy = true
	r.sock.intake.patient = true
	go func() {
		err := r.one()
		if err != nil {
			_ = r.ws.CloseNow() // the actor may have been stopped
		}
		r.PostUserMessage(&finished{err})
	}()
}

// full reports whether the handler has no room; once it has, the reader is woken.
// When nothing is delivered any more there is no need to wait.
func (r *reader) full() bool {
	credit := &r.conn.credit
	if r.silent.Load() || !credit.paused.Load() && !credit.full() {
		return r.resume()
	}
	if credit.paused.Store(true); credit.low() {
		return r.resume()
	}
	return true
}

// resume notes that reading goes on.
func (r *reader) resume() bool {
	if paused := &r.conn.credit.paused; paused.Load() {
		paused.Store(false)
		r.sock.resumed()
	}
	return false
}

// loop waits for each message.
func (r *reader) loop() {
	err := error(nil)
	for err == nil {
		for r.full() {
			<-r.room
		}
		err = r.one()
	}
	r.sayEnded(err)
}

// one reads and delivers a message.
func (r *reader) one() error {
	size, plain := r.sock.intake.plain()
	plain = plain && int64(size) <= r.conn.config.readLimit // or coder/websocket is to say why not
	kind, from, err := r.ws.Reader(background)
	switch {
	case err != nil && (r.refusedPong(err) || errors.Is(err, errLater)):
		return nil
	case err != nil:
		return r.readError(err)
	case plain:
		return r.receivePlain(messages.Type(kind), from, size)
	default:
		return r.receive(messages.Type(kind), from)
	}
}

// refusedPong reports whether an error is only that of a pong that met this
// side's close frame: the peer's is still to come.
func (r *reader) refusedPong(err error) bool {
	return r.sock.saidClose.Load() && errors.Is(err, net.ErrClosed) &&
		!r.sock.broken.Load() && !r.sock.closing.Load()
}

// receivePlain receives a message of which the size is known.
func (r *reader) receivePlain(kind messages.Type, from io.Reader, size int) error {
	data := make([]byte, size)
	if _, err := io.ReadFull(from, data); err != nil {
		return r.readError(err)
	}
	return r.deliver(kind, data)
}

// receive reads a message to its end. The handler gets a copy of exactly its size.
func (r *reader) receive(kind messages.Type, from io.Reader) error {
	b := buffers.Get().(*buffer)
	defer recycle(b)
	if err := b.readFrom(from); err != nil {
		return r.readError(err)
	}
	return r.deliver(kind, bytes.Clone(b.bytes))
}

// delivery is a Received with its place in the handler's inbox: one allocation.
type delivery struct {
	node
	received messages.Received
}

func (r *reader) deliver(kind messages.Type, data []byte) error {
	if r.heartbeat(kind, data) || r.silent.Load() {
		return nil
	}
	r.noteMessage()
	if kind == messages.TypeText && !utf8.Valid(data) {
		return r.refuse(messages.CloseInvalidPayload, &messages.InvalidUTF8Error{})
	}
	r.conn.credit.take()
	d := &delivery{received: messages.Received{Conn: r.conn.pid, Epoch: r.epoch, Type: kind, Data: data}}
	if r.target == nil {
		r.conn.system.Root.Send(r.handler, &d.received)
		return nil
	}
	d.message = &d.received
	r.target.queue.pushNode(&d.node)
	if !r.polled || r.news.Load() {
		r.target.wake() // this goroutine goes on reading
	}
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
	return r.readError(reason)
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
