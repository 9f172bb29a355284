package actors_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// Over many rotations, under steady sends, every message arrives once and in order,
// and the events of two epochs are never mixed.
func TestRotationLosesNothing(t *testing.T) {
	check := func(age time.Duration, wait func(time.Duration)) func(*testing.T, *supervisor.Supervisor, *wstest.Server) {
		return func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
			conn, events := connect(t, sup, server, actors.WithMaxAge(age, 0.5), actors.WithQueue(100_000, 1<<30))
			const n = 2000
			for i := range n {
				if err := conn.Send(messages.Text(fmt.Sprint(i))); err != nil {
					t.Fatal(err)
				}
				wait(age / 100)
			}
			epoch, next, failed := uint64(0), 0, 0
			for next < n {
				switch e := events.Any(t).(type) {
				case *messages.Opened:
					if epoch++; e.Epoch != epoch {
						t.Fatalf("got %s in epoch %d", wstest.Describe(e), epoch)
					}
				case *messages.Received:
					if string(e.Data) != fmt.Sprint(next) || e.Epoch != epoch {
						t.Fatalf("got %s, want %d of epoch %d", wstest.Describe(e), next, epoch)
					}
					next++
				case *messages.Closed:
					if e.Epoch != epoch || !e.WillRetry || e.RetryIn != 0 || e.Attempt != 0 || !e.Clean {
						t.Fatalf("got %s", wstest.Describe(e))
					}
				default:
					failed++
					t.Errorf("got %s", wstest.Describe(e))
				}
			}
			if epoch < 10 {
				t.Errorf("%d epochs", epoch)
			}
			closeAndWait(t, conn, events)
		}
	}
	t.Run("memory", func(t *testing.T) { inMemory(t, wstest.Echo, check(time.Minute, pass)) })
	t.Run("loopback", func(t *testing.T) {
		onLoopback(t, wstest.Echo, check(20*time.Millisecond, func(d time.Duration) { <-time.After(d) }))
	})
}

// If no fresh socket can be had, the old one stays.
func TestRotationKeepsTheOldSocket(t *testing.T) {
	inMemory(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		server.Become(wstest.Status(503, nil))
		conn.Rotate()
		synctest.Wait()
		if err := conn.Send(messages.Text("still there")); err != nil {
			t.Error(err)
		}
		if m := wstest.Next[*messages.Received](t, events); m.Epoch != 1 {
			t.Errorf("got %s", wstest.Describe(m))
		}
		server.Become(wstest.Echo)
		failed := time.Now()
		wstest.Next[*messages.Closed](t, events)
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 || time.Since(failed) != supervisor.DefaultDelay {
			t.Errorf("got %s after %v", wstest.Describe(e), time.Since(failed))
		}
	})
}

// A peer that does not answer the close frame is cut off; the fresh socket is there.
func TestRotationOfDeafPeer(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server)
		wstest.Next[*messages.Opened](t, events)
		server.Become(wstest.Echo)
		conn.Rotate()
		conn.Rotate() // no further
		began := time.Now()
		wstest.Next[*messages.Failed](t, events)
		wstest.Next[*messages.Closed](t, events)
		if e := wstest.Next[*messages.Opened](t, events); e.Epoch != 2 || time.Since(began) != actors.DefaultCloseTimeout {
			t.Errorf("got %s after %v", wstest.Describe(e), time.Since(began))
		}
		pass(time.Hour)
		events.None(t)
	})
}

// A close, or the end of the tree, in the middle of a rotation leaves nothing open.
func TestRotationMeetsTheEnd(t *testing.T) {
	for name, end := range map[string]func(*supervisor.Supervisor, *actors.Conn){
		"close": func(_ *supervisor.Supervisor, conn *actors.Conn) { _ = conn.Close(messages.CloseNormal, "") },
		"stop":  func(sup *supervisor.Supervisor, conn *actors.Conn) { sup.System().Root.Stop(conn.PID()) },
	} {
		for _, settled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, settled %t", name, settled), func(t *testing.T) {
				inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
					conn, events := connect(t, sup, server)
					wstest.Next[*messages.Opened](t, events)
					conn.Rotate()
					if settled {
						synctest.Wait()
					}
					end(sup, conn)
					if e := events.Last(t); e.Epoch > 2 {
						t.Errorf("got %s", wstest.Describe(e))
					}
					pass(time.Hour)
				})
			})
		}
	}
}
