package load

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/sockvisor/sockvisor/bench/selfsigned"
)

// Server keeps the sockets of clients that are idle, answers their pings, and closes with
// them when they do.
type Server struct {
	URL      string
	listener net.Listener
	loops    sync.WaitGroup
	hello    []byte       // sent to every client first
	echoed   atomic.Int64 // hellos that came back: the loops write it, Greeted reads it
	closed   atomic.Int64 // clients that said goodbye: the loops write it, Rate reads it
}

// Serve accepts any number of clients until Close, with TLS or without. It sends each a
// message of so many bytes, if they are not zero, and the client sends it back.
func Serve(secure bool, hello int) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "ws://" + listener.Addr().String() + "/ws", listener: listener}
	if hello > 0 {
		s.hello = response(hello)
	}
	if secure {
		config, err := selfsigned.Server()
		if err != nil {
			return nil, err
		}
		s.URL, s.listener = "wss://"+listener.Addr().String()+"/ws", tls.NewListener(listener, config)
	}
	s.loops.Go(s.accept)
	return s, nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.loops.Go(func() { s.serve(conn) })
	}
}

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := ws.Upgrade(conn); err != nil {
		return
	}
	if _, err := conn.Write(s.hello); err != nil {
		return
	}
	for {
		frame, err := ws.ReadFrame(conn)
		if err != nil {
			return
		}
		switch frame.Header.OpCode {
		case ws.OpBinary:
			s.echoed.Add(1)
		case ws.OpClose:
			s.bye(conn)
			return
		case ws.OpPing:
			if ws.WriteFrame(conn, ws.NewPongFrame(ws.UnmaskFrame(frame).Payload)) != nil {
				return
			}
		}
	}
}

// Greeted waits until so many clients in all have sent the hello back, if there is one.
func (s *Server) Greeted(n int) error {
	for deadline := time.Now().Add(patience); s.hello != nil && s.echoed.Load() < int64(n); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d clients have answered", s.echoed.Load(), n)
		}
	}
	return nil
}

// Close stops accepting and waits until the clients are gone.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.loops.Wait()
}
