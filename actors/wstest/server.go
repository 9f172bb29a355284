package wstest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// Peer is the other end of a connection. It returns when it is done with it.
type Peer func(conn net.Conn)

// Server gives every connection to a Peer.
type Server struct {
	listener net.Listener
	url      string
	memory   *memory // nil on loopback
	peer     atomic.Pointer[Peer]
	accepted atomic.Int64

	peers    sync.WaitGroup
	accepter sync.WaitGroup
	conns    sync.Map // net.Conn: nil
}

// Listen starts a server in memory: reach it with [Server.DialContext]. Its
// sockets have no buffer: a write waits until it is read.
func Listen(peer Peer) *Server {
	m := &memory{conns: make(chan net.Conn), done: make(chan struct{})}
	return serve(&Server{listener: m, memory: m, url: "ws://memory.test/"}, peer)
}

// ListenTCP starts a server on loopback.
func ListenTCP(peer Peer) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return serve(&Server{listener: l, url: "ws://" + l.Addr().String() + "/"}, peer), nil
}

func serve(s *Server, peer Peer) *Server {
	s.Become(peer)
	s.accepter.Add(1)
	go s.accept()
	return s
}

// URL is where the server is.
func (s *Server) URL() string { return s.url }

// DialContext is for actors.WithDialContext: every address leads to the server.
func (s *Server) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	if s.memory != nil {
		return s.memory.dial(ctx)
	}
	return (&net.Dialer{}).DialContext(ctx, network, s.listener.Addr().String())
}

// Become changes what later connections meet.
func (s *Server) Become(peer Peer) { s.peer.Store(&peer) }

// Accepted is how many connections there have been.
func (s *Server) Accepted() int { return int(s.accepted.Load()) }

// Cut breaks every connection there is, without a word of WebSocket.
func (s *Server) Cut() {
	s.conns.Range(func(conn, _ any) bool {
		_ = conn.(net.Conn).Close()
		return true
	})
}

// Close stops listening, cuts every connection and waits for the peers.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.accepter.Wait()
	s.Cut()
	s.peers.Wait()
}

func (s *Server) accept() {
	defer s.accepter.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.accepted.Add(1)
		s.conns.Store(conn, nil)
		s.peers.Add(1)
		go s.run(conn)
	}
}

func (s *Server) run(conn net.Conn) {
	defer s.peers.Done()
	(*s.peer.Load())(conn)
	_ = conn.Close()
	s.conns.Delete(conn)
}

// memory is a net.Listener of pipes.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (m *memory) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case m.conns <- server:
		return client, nil
	case <-m.done:
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }
