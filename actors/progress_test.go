package actors_test

import (
	"context"
	"errors"
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

// slowLine is a transport that takes so much a second, and nothing from some time on.
type slowLine struct {
	net.Conn
	perSecond int
	vanishes  time.Time // zero: never
	closed    chan struct{}
}

func overSlowLine(server *wstest.Server, vanishes time.Duration) actors.Option {
	return actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn {
		s := &slowLine{Conn: conn, perSecond: slow, closed: make(chan struct{})}
		if vanishes > 0 {
			s.vanishes = time.Now().Add(vanishes)
		}
		return s
	}))
}

func (s *slowLine) Close() error {
	close(s.closed)
	return s.Conn.Close()
}

func (s *slowLine) Write(p []byte) (n int, err error) {
	const piece = 1 << 10
	for n < len(p) && err == nil {
		if !s.vanishes.IsZero() && !time.Now().Before(s.vanishes) {
			<-s.closed
			return n, net.ErrClosed
		}
		pass(piece * time.Second / time.Duration(s.perSecond))
		var taken int
		taken, err = s.Conn.Write(p[n:min(n+piece, len(p))])
		n += taken
	}
	return n, err
}

const (
	slow   = 64 << 10
	upload = 3 << 20 // takes 48 s
)

// taker reads what is sent, and answers pings in between.
var taker = wstest.WebSocket(func(ws *websocket.Conn) {
	for {
		if _, _, err := ws.Read(context.Background()); err != nil {
			return
		}
	}
})

// A large message on a slow line is no dead peer: without and with a ping that waits
// behind it, and with resending, where it would never end.
func TestSlowUpload(t *testing.T) {
	for name, test := range map[string]struct {
		option actors.Option
		wanted bool
	}{
		"quiet":         {actors.WithHeartbeat(interval, timeout), false},
		"probed":        {actors.WithHeartbeat(interval, timeout), true},
		"short timeout": {actors.WithHeartbeat(interval, timeout/6), true},
		"resend":        {actors.WithResend(), true},
		"payload":       {actors.WithPayloadHeartbeat("0x9", "0xA"), false},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, taker, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				conn, events := connect(t, sup, server, test.option, overSlowLine(server, 0))
				wstest.Next[*messages.Opened](t, events)
				if test.wanted {
					time.AfterFunc(10*time.Second, func() { sup.System().Root.Send(conn.PID(), &messages.Reconnect{}) })
				}
				began := time.Now()
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
				defer cancel()
				if _, err := conn.Deliver(ctx, &messages.Enqueue{Send: messages.Binary(make([]byte, upload))}); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took < 47*time.Second || took > 50*time.Second {
					t.Errorf("took %v", took)
				}
				events.None(t)
				if e := closeAndWait(t, conn, events); !e.Clean || e.Epoch != 1 {
					t.Errorf("got %s", wstest.Describe(e))
				}
			})
		})
	}
}

// One that vanishes in the middle of it is found as soon as one that does so at rest.
func TestVanishedWhileUploading(t *testing.T) {
	for name, wanted := range map[string]bool{"quiet": false, "probed": true} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, taker, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				const after = 30 * time.Second
				conn, events := connect(t, sup, server, actors.WithWriteTimeout(never),
					actors.WithPolicy(supervisor.Fixed(never)), overSlowLine(server, after))
				opened := wstest.Next[*messages.Opened](t, events)
				began := time.Now()
				_ = conn.Send(messages.Binary(make([]byte, upload)))
				if wanted {
					pass(10 * time.Second)
					sup.System().Root.Send(opened.Conn, &messages.Reconnect{})
				}
				e := wstest.Next[*messages.Failed](t, events)
				took := time.Since(began) - after
				if !is[*messages.HeartbeatError](e.Err) || took < 0 || took > interval+timeout {
					t.Errorf("%v after %v", e.Err, took)
				}
				wstest.Next[*messages.Closed](t, events)
			})
		})
	}
}

// A peer that takes all it is sent, and never answers, is found no later for that.
func TestMutePeerThatTakes(t *testing.T) {
	inMemory(t, wstest.Mute, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithPolicy(supervisor.Fixed(never)))
		opened := wstest.Next[*messages.Opened](t, events)
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			for tick := time.Tick(time.Second / 4); ; {
				select {
				case <-tick:
					sup.System().Root.Send(opened.Conn, messages.Text("x"))
				case <-stop:
					return
				}
			}
		}()
		began := time.Now()
		e := wstest.Next[*messages.Failed](t, events)
		if took := time.Since(began); !is[*messages.HeartbeatError](e.Err) || took != interval+timeout {
			t.Errorf("%v after %v", e.Err, took)
		}
		_ = conn.Close(messages.CloseNormal, "")
		events.Last(t)
	})
}

// stoppedWriter is a transport whose process stops while it waits to write.
type stoppedWriter struct {
	net.Conn
	until time.Time
}

func (s *stoppedWriter) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		pass(time.Until(s.until))
	}
	return n, err
}

// A peer that makes room while this process is stopped has done so in time.
func TestStoppedWithRoomUnseen(t *testing.T) {
	const writeTimeout, stopped = 10 * time.Second, 15 * time.Second
	peer := wstest.WebSocket(func(ws *websocket.Conn) {
		pass(writeTimeout + time.Second)
		for {
			if _, _, err := ws.Read(context.Background()); err != nil {
				return
			}
		}
	})
	inMemory(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
		conn, events := connect(t, sup, server, actors.WithoutHeartbeat(), actors.WithWriteTimeout(writeTimeout),
			actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn {
				return &stoppedWriter{conn, time.Now().Add(stopped)}
			})))
		wstest.Next[*messages.Opened](t, events)
		if err := conn.Send(messages.Binary(make([]byte, 100_000))); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		events.None(t)
		closeAndWait(t, conn, events)
	})
}

// What the kernel says of a large message on a slow line: that the peer takes it, when
// it does. The peer reads as the test tells it.
func TestWroteOnLoopback(t *testing.T) {
	for name, sendBuffer := range map[string]int{"in the kernel": 4 << 20, "before it": 16 << 10} {
		t.Run(name, func(t *testing.T) {
			read := make(chan int)
			peer := func(conn net.Conn) {
				_ = conn.(*net.TCPConn).SetReadBuffer(128 << 10)
				from, err := wstest.Upgrade(conn)
				for n := range read {
					if err == nil {
						_, err = io.CopyN(io.Discard, from, int64(n))
					}
				}
			}
			onLoopback(t, peer, func(t *testing.T, sup *supervisor.Supervisor, server *wstest.Server) {
				defer close(read)
				signs := make(chan actors.Signs)
				done := make(chan struct{})
				defer close(done)
				_, events := connect(t, sup, server, actors.WithWriteTimeout(never), actors.WithPolicy(supervisor.Fixed(never)),
					actors.WithDialContext(wrapped(server, func(conn net.Conn) net.Conn {
						_ = conn.(*net.TCPConn).SetWriteBuffer(sendBuffer)
						return conn
					})),
					actors.WithHeartbeatRule(func() actors.Heartbeat {
						return actors.HeartbeatFunc(func(s actors.Signs) actors.Beat {
							select {
							case signs <- s:
							case <-done:
							}
							return actors.Beat{Next: time.Millisecond}
						})
					}))
				opened := wstest.Next[*messages.Opened](t, events)
				sup.System().Root.Send(opened.Conn, messages.Binary(make([]byte, upload)))
				// stalled waits until nothing has been taken for a while.
				stalled := func() actors.Signs {
					for {
						if s := <-signs; s.Now-s.Wrote > 100*time.Millisecond {
							return s
						}
					}
				}
				for range 3 {
					last := stalled()
					read <- 512 << 10
					for s := range signs {
						if s.Wrote > last.Wrote {
							break
						}
					}
				}
			})
		})
	}
}
