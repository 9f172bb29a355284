package actors_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// When a flush returns, whatever its caller had queued before has its receipt, whoever
// else uses the same keys, and whatever the queue drops.
func TestFlushIsAfterEveryReceipt(t *testing.T) {
	for name, policy := range map[string]actors.Overflow{
		"reject": actors.RejectNewest, "oldest": actors.DropOldest, "keyed": actors.DropKeyed,
	} {
		t.Run(name, func(t *testing.T) {
			onLoopback(t, wstest.WebSocket(reading), func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server, actors.WithQueue(50, 1<<20), actors.WithOverflow(policy))
				wstest.Next[*messages.Opened](t, events)
				settled := receiptsOf(sup)
				var producers sync.WaitGroup
				for range 4 {
					producers.Go(func() { flushNowAndThen(t, conn, settled) })
				}
				producers.Wait()
				closeAndWait(t, conn, events)
			})
		})
	}
}

// reading is a peer that reads.
func reading(ws *websocket.Conn) {
	for err := error(nil); err == nil; {
		_, _, err = ws.Read(context.Background())
	}
}

// receiptsOf returns what notes of which messages there was a receipt. They come on
// the goroutine of whoever settles them.
func receiptsOf(sup *supervisor.Supervisor) *sync.Map {
	settled := &sync.Map{} // *messages.Enqueue: true
	sup.System().EventStream.Subscribe(func(event any) {
		e, ok := event.(*messages.ReceiptEvent)
		if !ok {
			return
		}
		switch r := e.Receipt.(type) {
		case *messages.Written:
			settled.Store(r.Message, true)
		case *messages.Dropped:
			settled.Store(r.Message, true)
		case *messages.Unknown:
			settled.Store(r.Message, true)
		}
	})
	return settled
}

func flushNowAndThen(t *testing.T, conn *actors.Conn, settled *sync.Map) {
	var queued []*messages.Enqueue
	for range 4000 {
		m := order("x")
		if rand.IntN(2) == 0 {
			m.Key = fmt.Sprint(rand.IntN(3))
		}
		m.Urgent = rand.IntN(4) == 0
		if conn.Enqueue(m) == nil {
			queued = append(queued, m)
		}
		if rand.IntN(10) > 0 {
			continue
		}
		if err := conn.Flush(context.Background()); err != nil {
			t.Error(err)
			return
		}
		for _, m := range queued {
			if _, ok := settled.Load(m); !ok {
				t.Errorf("flushed, and there is no receipt of one with key %q, urgent %v", m.Key, m.Urgent)
				return
			}
		}
		queued = queued[:0]
	}
}
