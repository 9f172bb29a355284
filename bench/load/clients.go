package load

import (
	"net"
	"sync"

	"github.com/gobwas/ws"
)

// Server keeps the sockets of clients that are idle, and answers their pings.
type Server struct {
	URL      string
	listener net.Listener
	loops    sync.WaitGroup
}

// Serve accepts any number of clients until Close.
func Serve() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "ws://" + listener.Addr().String() + "/ws", listener: listener}
	s.loops.Go(s.accept)
	return s, nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.loops.Go(func() { serve(conn) })
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	if _, err := ws.Upgrade(conn); err != nil {
		return
	}
	for {
		frame, err := ws.ReadFrame(conn)
		if err != nil {
			return
		}
		if frame.Header.OpCode == ws.OpPing && ws.WriteFrame(conn, ws.NewPongFrame(ws.UnmaskFrame(frame).Payload)) != nil {
			return
		}
	}
}

// Close stops accepting and waits until the clients are gone.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.loops.Wait()
}
