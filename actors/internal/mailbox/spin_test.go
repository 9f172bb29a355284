package mailbox

import (
	"testing"

	"github.com/sockvisor/sockvisor/actors/internal/mailbox/mailboxtest"
)

// failing panics whenever there is nothing left.
type failing struct {
	plain
	drained int
}

func (m *failing) Drained() {
	m.drained++
	panic("on purpose")
}

func (m *failing) Crashed(any) any { return nil }

// A panic over nothing that was posted is not tried again until something is.
func TestPanicOverNothing(t *testing.T) {
	m := &failing{}
	m.Init(m)
	s := &mailboxtest.Script{}
	m.RegisterHandlers(s, NewWorkers())
	m.Run()
	m.Queue.Push("1")
	m.RunHere()
	if s.Expect(t, "1"); m.drained != 2 {
		t.Errorf("drained %d times", m.drained)
	}
}
