package actors_test

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// An idle connection has one goroutine, the blocked reader.
func TestIdleConnectionHasOneGoroutine(t *testing.T) {
	const connections = 20
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		synctest.Wait()
		before := goroutines("")
		for range connections {
			_, events := connect(t, sup, server)
			wstest.Next[*messages.Opened](t, events)
		}
		synctest.Wait()
		peers, readers := goroutines("wstest.(*Server).run"), goroutines("actors.(*reader).run")
		if all := goroutines("") - before; readers != connections || all != peers+readers {
			t.Errorf("%d connections have %d goroutines, %d of them readers", connections, all-peers, readers)
		}
	})
}

// goroutines counts those whose stack contains a text.
func goroutines(containing string) (n int) {
	stacks := make([]byte, 1<<22)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, stack := range bytes.Split(stacks, []byte("\n\n")) {
		if bytes.Contains(stack, []byte(containing)) {
			n++
		}
	}
	return n
}
