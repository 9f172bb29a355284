package reader

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/messages"
)

// Link is what the readers of a connection, one for each of its sockets, have in common
// with its handler. It outlives them, and is a field of the connection's.
type Link struct {
	config    *Config
	owner     Owner
	conn      *actor.PID
	unhandled atomic.Int64           // the credit that is taken: see credit.go
	reader    atomic.Pointer[Reader] // the owner's word, nil when it has none, or that has ended
}

// Config is what is to be read, and how. It is never changed.
type Config struct {
	MaxUnhandled int64     // messages that the handler may have before it: no more is read
	Reply        *Exchange // of a payload heartbeat that the peer begins, or nil
	Payload      *Exchange // of this side's, or nil
	Notes        bool      // somebody asks when the peer last sent a message
	Filters      bool      // what is received goes through the owner's Filter
}

// Exchange is one message and the answer to it.
type Exchange struct{ Ask, Answer []byte }

// Owner is the connection. It is called on the goroutine that reads, but for
// HandlerStopping, and must not block.
type Owner interface {
	// ReaderEnded says that nothing more will be received of a socket, and why: a
	// PeerClosedError, a ReadError, a ProtocolError, or a WriteError of a pong; what Filter
	// has returned, or an InternalError. If the peer can still be written to it is open,
	// and for the owner to close.
	ReaderEnded(r *Reader, why error, open bool)
	// Pong says that the peer has answered a ping, with its payload.
	Pong(r *Reader, payload []byte)
	// Answered says that the peer has answered a payload heartbeat.
	Answered(r *Reader)
	// Filter returns what the handler gets for a message: nil for nothing, or PassedOn if
	// another gets it, who gives back its credit. An error ends reading.
	Filter(r *Reader, received *messages.Received) (event any, err error)
	// Tell sends an event to a handler that is not the connection's alone.
	Tell(event any)
	// HandlerStopping says that the handler has begun to stop: it has handled what was
	// before it.
	HandlerStopping(who *actor.PID)
	// Mailbox is what runs the owner itself: see handOff.
	Mailbox() *mailbox.Runner
	// Guard is as that of a mailbox.Work.
	Guard(system *actor.ActorSystem) mailbox.Guard
}

// PassedOn stands for a message that is not for the handler, but counts as if it were.
var PassedOn any = &struct{ _ byte }{}

// Init says whose it is.
func (l *Link) Init(config *Config, owner Owner, conn *actor.PID) {
	l.config, l.owner, l.conn = config, owner, conn
}

// Owner returns whose it is.
func (l *Link) Owner() Owner { return l.owner }

// Detach is for when the owner goes on without a reader.
func (l *Link) Detach() { l.reader.Store(nil) }

// Attached reports whether it has one.
func (l *Link) Attached() bool { return l.reader.Load() != nil }
