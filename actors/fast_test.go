package actors_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// scripted is a peer that writes what the test says and passes on what it reads.
type scripted struct {
	conns chan net.Conn
	read  chan []byte
}

func newScripted() *scripted {
	return &scripted{conns: make(chan net.Conn, 1), read: make(chan []byte, 1000)}
}

func (s *scripted) peer(conn net.Conn) {
	reader, err := wstest.Upgrade(conn)
	if err != nil {
		return
	}
	s.conns <- conn
	for buffer := make([]byte, 1<<16); ; {
		n, err := reader.Read(buffer)
		if err != nil {
			return
		}
		s.read <- bytes.Clone(buffer[:n])
	}
}

// A handler that blocks, though it must not, keeps neither the connection from
// writing what others send, nor the reader from answering pings.
func TestBlockedHandlerHoldsUpNobody(t *testing.T) {
	script := newScripted()
	onLoopback(t, script.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		events := wstest.NewRecorder()
		hold, release := gate(events)
		hold()
		conn := connectTo(t, sup, server, actors.WithoutHeartbeat(), actors.WithHandler(events.Handler))
		peer := <-script.conns
		wstest.Next[*messages.Opened](t, events)
		write(t, peer, wstest.Frame(0x82, []byte("blocks")))
		awaitUnhandled(t, sup, conn, 1)
		if err := conn.Send(messages.Text("x")); err != nil {
			t.Fatal(err)
		}
		if got := <-script.read; got[0] != 0x81 {
			t.Errorf("peer got %x, want a text frame", got)
		}
		write(t, peer, wstest.Frame(0x89, []byte("ping")))
		if got := <-script.read; got[0] != 0x8a {
			t.Errorf("peer got %x, want a pong", got)
		}
		release()
		wstest.Next[*messages.Received](t, events)
	})
}

// awaitUnhandled waits until the handler has n messages before it.
func awaitUnhandled(t *testing.T, sup *supervisor.Supervisor, conn *actors.Conn, n int) {
	t.Helper()
	for inspect(t, sup, conn).Unhandled < n {
		runtime.Gosched()
	}
}

func write(t *testing.T, conn net.Conn, frames ...[]byte) {
	t.Helper()
	if _, err := conn.Write(bytes.Join(frames, nil)); err != nil {
		t.Fatal(err)
	}
}

// Messages arrive whole and in order however they are cut: small ones in one read,
// large ones in many, fragments with pings between them, a frame a byte at a time.
func TestFramesHoweverTheyAreCut(t *testing.T) {
	script := newScripted()
	onLoopback(t, script.peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		_, events := connect(t, sup, server, actors.WithoutHeartbeat())
		peer := <-script.conns
		wstest.Next[*messages.Opened](t, events)
		next := uint32(0)
		numbered := func(size int) []byte {
			next++
			return append(binary.BigEndian.AppendUint32(nil, next), make([]byte, size)...)
		}
		for range 50 {
			for range 20 {
				write(t, peer, wstest.Frame(0x82, numbered(10)), wstest.Frame(0x82, numbered(0)))
			}
			write(t, peer, wstest.Frame(0x82, numbered(300)), wstest.Frame(0x82, numbered(100_000)), wstest.Frame(0x82, numbered(1)))
			write(t, peer, wstest.Frame(0x02, numbered(5)), wstest.Frame(0x89, nil), wstest.Frame(0x00, []byte("middle")))
			write(t, peer, wstest.Frame(0x80, []byte("end")), wstest.Frame(0x82, numbered(16<<10)))
			for _, b := range wstest.Frame(0x82, numbered(3)) {
				write(t, peer, []byte{b})
			}
		}
		for want := uint32(1); want <= next; want++ {
			if e := wstest.Next[*messages.Received](t, events); binary.BigEndian.Uint32(e.Data) != want {
				t.Fatalf("got %d, want %d", binary.BigEndian.Uint32(e.Data), want)
			}
		}
	})
}

// The goroutine that stays at a busy socket leaves when it is idle, and what arrives
// then is read all the same.
func TestNobodyStaysAtAnIdleSocket(t *testing.T) {
	onLoopback(t, wstest.Echo, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithoutHeartbeat())
		wstest.Next[*messages.Opened](t, events)
		echo := func() {
			if err := conn.Send(messages.Text("x")); err != nil {
				t.Fatal(err)
			}
			wstest.Next[*messages.Received](t, events)
		}
		for range 2 {
			for goroutines("(*Reader).runBusy") == 0 {
				echo()
			}
			for goroutines("(*Reader).runBusy") > 0 {
				runtime.Gosched()
			}
			echo()
		}
	})
}

// Pongs come between the messages that the connection writes at the same time, and
// not into them.
func TestPongsBetweenMessages(t *testing.T) {
	sup := start(t)
	const pings, count = 500, 20_000
	echo := actors.Callbacks{OnMessage: func(conn *actors.Conn, m *messages.Received) {
		if err := conn.Send(&messages.Send{Type: m.Type, Data: m.Data}); err != nil {
			t.Error(err)
		}
	}}
	server := httptest.NewServer(actors.Accept(sup, actors.WithCallbacks(echo), actors.WithQueue(count, 1<<20)))
	defer server.Close()
	ctx := t.Context()
	ws, _, err := websocket.Dial(ctx, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for range pings {
				if err := ws.Ping(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	others.Go(func() {
		for i := range uint32(count) {
			if err := ws.Write(ctx, websocket.MessageBinary, binary.BigEndian.AppendUint32(nil, i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range uint32(count) {
		if _, data, err := ws.Read(ctx); err != nil || binary.BigEndian.Uint32(data) != i {
			t.Fatalf("got %x, %v, want %d", data, err, i)
		}
	}
	ws.CloseRead(ctx) // for the pongs that are still to come
	others.Wait()
}
