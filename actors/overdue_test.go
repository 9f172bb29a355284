package actors_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// timeless is a transport that knows no deadlines, as an SSH channel.
type timeless struct{ net.Conn }

func (timeless) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (timeless) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (timeless) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }

// stubborn is one that also waits for the other side to close, as an SSH channel does.
type stubborn struct{ timeless }

func (stubborn) Close() error { return nil }

// over dials through a transport.
func over(server *wstest.Server, wrap func(net.Conn) net.Conn) actors.Option {
	return actors.WithDialContext(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := server.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	})
}

var transports = map[string]func(net.Conn) net.Conn{
	"timeless": func(conn net.Conn) net.Conn { return timeless{conn} },
	"stubborn": func(conn net.Conn) net.Conn { return stubborn{timeless{conn}} },
}

// onEach runs a test with a peer that upgrades and then does not read, over each
// transport.
func onEach(t *testing.T, test func(*testing.T, *actors.Conn, *wstest.Recorder), options ...actors.Option) {
	for name, wrap := range transports {
		t.Run(name, func(t *testing.T) {
			inMemory(t, wstest.Frozen, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				release := make(chan struct{})
				server.Become(wstest.Deaf(release))
				conn, events := connect(t, sup, server, append(options, over(server, wrap))...)
				wstest.Next[*messages.Opened](t, events)
				test(t, conn, events)
				close(release)
				server.Become(wstest.Echo)
			})
		})
	}
}

// A write timeout is one, whatever the transport knows of deadlines.
func TestWriteTimeoutWithoutDeadlines(t *testing.T) {
	onEach(t, func(t *testing.T, conn *actors.Conn, events *wstest.Recorder) {
		began := time.Now()
		if err := conn.Send(messages.Binary(make([]byte, 10_000))); err != nil {
			t.Fatal(err)
		}
		e := wstest.Next[*messages.Failed](t, events)
		if !is[*messages.WriteError](e.Err) || !errors.Is(e.Err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", e.Err)
		}
		if took := time.Since(began); took < 5*time.Second || took > 7*time.Second { // and last words, and a reader that is stuck
			t.Errorf("took %v", took)
		}
		wstest.Next[*messages.Closed](t, events)
	}, actors.WithWriteTimeout(5*time.Second), actors.WithoutHeartbeat())
}

// A slow reader is none that makes no progress.
func TestSlowReaderWithoutDeadlines(t *testing.T) {
	slowly := func(conn net.Conn) {
		if _, err := wstest.Upgrade(conn); err != nil {
			return
		}
		for buffer := make([]byte, 8<<10); ; pass(time.Second) {
			if _, err := conn.Read(buffer); err != nil {
				return
			}
		}
	}
	inMemory(t, slowly, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, over(server, transports["timeless"]),
			actors.WithWriteTimeout(3*time.Second), actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		if _, err := conn.Deliver(t.Context(), &messages.Enqueue{Send: messages.Binary(make([]byte, 100_000))}); err != nil {
			t.Error(err)
		}
		events.None(t)
	})
}

// A close ends, whatever the transport knows.
func TestCloseWithoutDeadlines(t *testing.T) {
	onEach(t, func(t *testing.T, conn *actors.Conn, events *wstest.Recorder) {
		if err := conn.Send(messages.Binary(make([]byte, 10_000))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		closeAndWait(t, conn, events)
		if took := time.Since(began); took > 4*time.Second { // and a reader that is stuck
			t.Errorf("took %v", took)
		}
	}, actors.WithCloseTimeout(2*time.Second), actors.WithoutHeartbeat())
}

// One whose peer is silent and whose heartbeat fails is reconnected.
func TestHeartbeatFailsWithoutDeadlines(t *testing.T) {
	onEach(t, func(t *testing.T, conn *actors.Conn, events *wstest.Recorder) {
		if e := wstest.Next[*messages.Failed](t, events); !is[*messages.HeartbeatError](e.Err) {
			t.Errorf("got %v", e.Err)
		}
		if e := wstest.Next[*messages.Closed](t, events); !e.WillRetry {
			t.Errorf("got %s", wstest.Describe(e))
		}
	}, actors.WithHeartbeat(2*time.Second, time.Second))
}
