package reader

import (
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox"
	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// heldReader returns a reader that never runs.
func heldReader() *Reader {
	return &Reader{inbox: NewReaders(mailbox.NewWorkers()).newInbox().(*Inbox)}
}

// creditedReader returns a reader that waits on a goroutine of its own.
func creditedReader(l *Link) *Reader {
	r := heldReader()
	r.link, r.room = l, make(chan struct{}, 1)
	r.ws = &ws.Conn{Socket: transport.New(nil, transport.Options{})}
	l.reader.Store(r)
	return r
}

// A reader that the connection has gone on without, and that goes on itself, changes
// nothing for the next one, which waits for the handler.
func TestAbandonedReaderLeavesTheNextPaused(t *testing.T) {
	l := &Link{config: &Config{MaxUnhandled: 2}}
	abandoned := creditedReader(l)
	if l.unhandled.Store(2); !abandoned.full() || !l.Paused() {
		t.Fatal("a reader goes on that is to wait")
	}
	abandoned.Quiet()
	next := creditedReader(l)
	if l.Paused() {
		t.Error("the next waits before it has anything")
	}
	if !next.full() || abandoned.full() {
		t.Fatal("the one waits, and the other does not")
	}
	if !l.Paused() {
		t.Error("it does not wait, by the word of the other")
	}
	l.Give(2)
	select {
	case <-next.room:
	default:
		t.Error("it is not woken")
	}
}

// What was granted before a reset is not to be given back after it: there would be
// credit for more than the limit, for ever.
func TestCreditOfBeforeAReset(t *testing.T) {
	l := &Link{config: &Config{MaxUnhandled: 100}}
	granted := l.take(60)
	l.Reset()
	l.untake(granted)
	if n := l.take(1000); n != 100 {
		t.Errorf("%d may be before the handler, and %d are", 100, n)
	}
}
