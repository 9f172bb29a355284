package actors_test

import (
	"bytes"
	"runtime"
	"slices"
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
		for range connections {
			_, events := connect(t, sup, server)
			wstest.Next[*messages.Opened](t, events)
		}
		synctest.Wait()
		// The tree's workers wait for whenever there is something to do.
		readers, workers := goroutines("reader.(*Reader).runBlocking"), goroutines("mailbox.(*Workers)")
		all := goroutines("sockvisor/actors.(*", "sockvisor/actors/internal/", "coder/websocket", "net/http")
		if readers != connections || all != readers+workers {
			t.Errorf("%d connections have %d goroutines, %d of them readers", connections, all-workers, readers)
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
		for goroutines("reader.(*Reader)")+goroutines("actors.(*connection)") > 0 {
			runtime.Gosched() // the last has just been dialled
		}
		if n := goroutines("transport.NewPoller"); n != 1 {
			t.Errorf("%d goroutines wait for %d connections", n, connections)
		}
	})
}

// goroutines counts those whose stack contains one of the texts.
func goroutines(texts ...string) (n int) {
	stacks := make([]byte, 1<<22)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, stack := range bytes.Split(stacks, []byte("\n\n")) {
		if slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(stack, []byte(text)) }) {
			n++
		}
	}
	return n
}
