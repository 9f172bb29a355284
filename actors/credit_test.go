package actors

import (
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
	"github.com/sockvisor/sockvisor/actors/internal/ws"
)

// heldReader returns a reader that never runs.
func heldReader() *reader { return &reader{inbox: newReaderInbox().(*readerInbox)} }

// creditedReader returns a reader that waits on a goroutine of its own.
func creditedReader(conn *Conn) *reader {
	r := heldReader()
	r.conn, r.room = conn, make(chan struct{}, 1)
	r.ws = &ws.Conn{Socket: transport.New(nil, transport.Options{})}
	conn.credit.reader.Store(r)
	return r
}

// A reader that the connection has gone on without, and that goes on itself, changes
// nothing for the next one, which waits for the handler.
func TestAbandonedReaderLeavesTheNextPaused(t *testing.T) {
	conn := &Conn{credit: credit{limit: 2}}
	abandoned := creditedReader(conn)
	if conn.credit.unhandled.Store(2); !abandoned.full() || !conn.credit.paused() {
		t.Fatal("a reader goes on that is to wait")
	}
	abandoned.quiet()
	next := creditedReader(conn)
	if conn.credit.paused() {
		t.Error("the next waits before it has anything")
	}
	if !next.full() || abandoned.full() {
		t.Fatal("the one waits, and the other does not")
	}
	if !conn.credit.paused() {
		t.Error("it does not wait, by the word of the other")
	}
	conn.credit.give(2)
	select {
	case <-next.room:
	default:
		t.Error("it is not woken")
	}
}

// What was granted before a reset is not to be given back after it: there would be
// credit for more than the limit, for ever.
func TestCreditOfBeforeAReset(t *testing.T) {
	c := credit{limit: 100}
	granted := c.take(60)
	c.reset()
	c.untake(granted)
	if n := c.take(1000); n != c.limit {
		t.Errorf("%d may be before the handler, and %d are", c.limit, n)
	}
}
