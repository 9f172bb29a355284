package wstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
)

// Recorder is a handler that keeps the events of a connection in their order.
type Recorder struct {
	events chan any
	before func(event any)
}

// patience bounds how long Next waits. It is no measure of anything: a test that
// gets there has failed. In a synctest bubble it is virtual.
const patience = time.Minute

// NewRecorder returns a Recorder with room for 65,536 events.
func NewRecorder() *Recorder { return &Recorder{events: make(chan any, 1<<16)} }

// Before has f called with each event before it is recorded, on the handler's
// goroutine: there it may panic or wait, as a user's handler might.
func (r *Recorder) Before(f func(event any)) *Recorder {
	r.before = f
	return r
}

// Handler is for actors.WithHandler.
func (r *Recorder) Handler() actor.Actor { return actor.ReceiveFunc(r.receive) }

func (r *Recorder) receive(ctx actor.Context) {
	switch event := ctx.Message().(type) {
	case *messages.Opened, *messages.Received, *messages.Decoded, *messages.Failed, *messages.Closed, *messages.Rejected:
		if r.before != nil {
			r.before(event)
		}
		r.events <- event
	}
}

// Next returns the next event, which must be an E.
func Next[E any](t testing.TB, r *Recorder) E {
	t.Helper()
	event := r.next(t)
	wanted, ok := event.(E)
	if !ok {
		t.Fatalf("got %s, want a %T", Describe(event), wanted)
	}
	return wanted
}

// Any returns the next event, whatever it is.
func (r *Recorder) Any(t testing.TB) any {
	t.Helper()
	return r.next(t)
}

// Last skips events until the Closed after which there is none.
func (r *Recorder) Last(t testing.TB) *messages.Closed {
	t.Helper()
	for {
		if closed, ok := r.next(t).(*messages.Closed); ok && !closed.WillRetry {
			return closed
		}
	}
}

// None fails if there is an event. In a synctest bubble, synctest.Wait before it
// makes it exact.
func (r *Recorder) None(t testing.TB) {
	t.Helper()
	select {
	case event := <-r.events:
		t.Fatalf("got %s, want none", Describe(event))
	default:
	}
}

func (r *Recorder) next(t testing.TB) any {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case event := <-r.events:
		return event
	case <-timeout.C:
		t.Fatal("no event came")
		return nil
	}
}

// Describe prints an event for people.
func Describe(event any) string {
	switch e := event.(type) {
	case *messages.Opened:
		return fmt.Sprintf("Opened(%d)", e.Epoch)
	case *messages.Received:
		return fmt.Sprintf("Received(%d, %s, %d bytes, %.40q)", e.Epoch, e.Type, len(e.Data), e.Data)
	case *messages.Decoded:
		return fmt.Sprintf("Decoded(%d, %+v, %v)", e.Epoch, e.Value, e.Err)
	case *messages.Failed:
		return fmt.Sprintf("Failed(%d, %v)", e.Epoch, e.Err)
	case *messages.Closed:
		return fmt.Sprintf("Closed(%d, %v, %q, clean %t, retry %t in %v)",
			e.Epoch, e.Code, e.Reason, e.Clean, e.WillRetry, e.RetryIn)
	case *messages.Rejected:
		return fmt.Sprintf("Rejected(%v)", e.Err)
	default:
		return fmt.Sprintf("%T", event)
	}
}
