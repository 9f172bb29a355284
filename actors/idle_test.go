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

// An idle connection in memory has one goroutine, the blocked reader.
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
		peers, readers := goroutines("wstest.(*Server).run"), goroutines("actors.(*reader).loop")
		if all := goroutines("") - before; readers != connections || all != peers+readers {
			t.Errorf("%d connections have %d goroutines, %d of them readers", connections, all-peers, readers)
		}
	})
}

// On a socket of which the kernel tells it has none; all have one together.
func TestIdleConnectionsOnLoopbackShareOneGoroutine(t *testing.T) {
	const connections = 20
	onLoopback(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		for range connections {
			_, events := connect(t, sup, server)
			wstest.Next[*messages.Opened](t, events)
		}
		for goroutines("actors.") > goroutines("wstest.")+1 {
			runtime.Gosched() // the last dial is about to end
		}
		if n := goroutines("actors.newPoller"); n != 1 {
			t.Errorf("%d connections have %d goroutines", connections, n)
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
