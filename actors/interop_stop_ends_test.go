//go:build interop && unix

package actors_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/actors/wstest"
	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor"
)

// What is given up for another reason than a question without an answer: a client that
// has not said its first word, a close, a write.

// A server's new clients: what each says first comes while the server is stopped.
func TestInteropStoppedFirstMessage(t *testing.T) {
	c := startChild(t, "first message")
	c.out.Scan()
	for tries := 0; tries < stoppedTries; {
		began := time.Now()
		var clients []*websocket.Conn
		for len(clients) < stoppedConns && time.Since(began) < gather {
			ws, _, err := websocket.Dial(t.Context(), c.out.Text(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer ws.CloseNow() //nolint:errcheck // it is over either way
			clients = append(clients, ws)
		}
		c.stop(t)
		inTime := time.Since(began) < givesUp
		for _, ws := range clients {
			_ = ws.Write(t.Context(), websocket.MessageText, []byte("first"))
		}
		<-time.After(stoppedFor)
		c.goOn(t)
		if !inTime { // to stop it: they may be closed
			continue
		}
		tries += len(clients)
		for _, ws := range clients {
			if _, _, err := ws.Read(t.Context()); err != nil {
				t.Error(err)
			}
			_ = ws.Close(websocket.StatusNormalClosure, "")
		}
	}
	c.end(t)
}

// A client's closes: the peer's close frame comes while the client is stopped.
func TestInteropStoppedClose(t *testing.T) {
	stoppedWhileHeld(t, "close", (*held).closeToo)
}

const peersCode = 4001

// closeToo answers a close frame when it is let, with a code of its own.
func (h *held) closeToo(conn net.Conn) {
	from, err := wstest.Upgrade(conn)
	if err != nil {
		return
	}
	if _, err := io.ReadFull(from, make([]byte, 2+4+2)); err != nil { // a code, masked
		return
	}
	h.wait()
	_, _ = conn.Write(wstest.Frame(0x88, []byte{peersCode >> 8, peersCode & 0xff}))
	_, _ = io.Copy(io.Discard, conn)
}

// wait waits until the present round is over, if there is one.
func (h *held) wait() {
	round := <-h.rounds
	h.rounds <- round
	if round != nil {
		h.asked <- struct{}{}
		<-round
	}
}

// closingChild has connections that close as soon as they are open, and opens others for
// them, until its input ends.
func closingChild(t *testing.T, url string) {
	sup := start(t)
	ctx, stop := context.WithCancel(context.Background())
	again := make(chan struct{}, stoppedConns)
	options := []actors.Option{
		actors.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}), //nolint:gosec // of a test
		actors.WithCloseTimeout(givesUp), actors.WithoutHeartbeat(),
		actors.WithCallbacks(actors.Callbacks{
			OnOpen: func(conn *actors.Conn, _ *messages.Opened) { _ = conn.Close(4000, "") },
			OnClose: func(_ *actors.Conn, e *messages.Closed) {
				if ctx.Err() == nil && (!e.Clean || e.Code != peersCode) {
					fmt.Println(wstest.Describe(e))
				}
				again <- struct{}{}
			},
		}),
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	for range stoppedConns {
		again <- struct{}{}
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-again:
			if _, err := actors.Connect(sup, url, options...); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A client's writes: the peer takes the bytes while the client is stopped.
func TestInteropStoppedWrite(t *testing.T) {
	stoppedWhileHeld(t, "write", (*held).take)
}

// large is more than the kernels take between them, most of it the child's: then that
// has taken what it will before anybody waits for it.
const (
	large  = 1 << 20
	itsOwn = large / 4
	others = large / 8
)

// take takes each message when it is let, and asks for another.
func (h *held) take(conn net.Conn) {
	tcp := conn
	if secure, ok := conn.(*tls.Conn); ok {
		tcp = secure.NetConn()
	}
	_ = tcp.(*net.TCPConn).SetReadBuffer(others)
	from, err := wstest.Upgrade(conn)
	if err != nil {
		return
	}
	for {
		head := make([]byte, 2+8+4)
		if _, err := io.ReadFull(from, head); err != nil || head[0] != 0x82 {
			return
		}
		h.wait()
		if _, err := io.CopyN(io.Discard, from, large); err != nil {
			return
		}
		if _, err := conn.Write(wstest.Frame(0x81, []byte("more"))); err != nil {
			return
		}
	}
}

// writingChild has connections that always have something to write, until its input ends.
func writingChild(t *testing.T, url string) {
	sup := start(t)
	message := &messages.Send{Type: messages.Binary(nil).Type, Data: make([]byte, large)}
	for range stoppedConns {
		_, err := actors.Connect(sup, url, actors.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}), //nolint:gosec // of a test
			actors.WithWriteTimeout(givesUp), actors.WithCloseTimeout(gather), actors.WithoutHeartbeat(),
			actors.WithPolicy(supervisor.Fixed(time.Millisecond)),
			actors.WithDialContext(roomy),
			actors.WithCallbacks(actors.Callbacks{
				OnOpen:    func(conn *actors.Conn, _ *messages.Opened) { _ = conn.Send(message) },
				OnMessage: func(conn *actors.Conn, _ *messages.Received) { _ = conn.Send(message) },
				OnError:   func(_ *actors.Conn, e *messages.Failed) { fmt.Println(wstest.Describe(e)) },
			}))
		if err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func roomy(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(itsOwn)
	}
	return conn, err
}
