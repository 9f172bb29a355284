package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/actors"
	"github.com/sockvisor/sockvisor/supervisor"
)

// stormServer is a server that can go away and come back on its address.
type stormServer struct {
	system  *actor.ActorSystem
	tally   *tally
	network network
	addr    string

	// Of one run.
	sup   *supervisor.Supervisor
	http  *http.Server
	conns *remembering
	ended chan struct{} // when nothing is accepted any more
}

// silent is the handler of a connection that has nothing to say.
func silent() actor.Actor { return actor.ReceiveFunc(func(actor.Context) {}) }

// start listens, under a tree of its own.
func (s *stormServer) start(options ...actors.Option) error {
	listener, err := s.network.Listen(s.addr)
	if err != nil {
		return err
	}
	sup, err := supervisor.Start(s.system)
	if err != nil {
		_ = listener.Close()
		return err
	}
	acceptor := actors.Accept(sup, append(options, actors.WithHandler(silent))...)
	s.addr, s.sup, s.conns = listener.Addr().String(), sup, &remembering{Listener: listener}
	s.http = &http.Server{Handler: s.counting(acceptor), ReadHeaderTimeout: 10 * time.Second}
	s.ended = make(chan struct{})
	go func(server *http.Server, ended chan struct{}) {
		defer close(ended)
		_ = server.Serve(s.conns)
	}(s.http, s.ended)
	return nil
}

// goAway closes the listener and cuts every socket, without a handshake.
func (s *stormServer) goAway() error {
	_ = s.http.Close()
	<-s.ended
	for _, conn := range s.conns.accepted {
		cut(conn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	return s.sup.Stop(ctx)
}

// cut ends a socket in both directions.
func cut(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		_ = conn.Close()
		return
	}
	// Not Close: the descriptor is the connection's, which closes it when it sees the end.
	_ = tcp.CloseWrite()
	_ = tcp.CloseRead()
}

// counting counts how requests are answered.
func (s *stormServer) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answer{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		switch answer.status {
		case http.StatusSwitchingProtocols:
			s.tally.now().accepted.Add(1)
		case http.StatusServiceUnavailable:
			s.tally.now().refused.Add(1)
		}
	})
}

// answer keeps the status of a response.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// remembering keeps what it has accepted, to cut it. One goroutine accepts.
type remembering struct {
	net.Listener
	accepted []net.Conn
}

func (l *remembering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.accepted = append(l.accepted, conn)
	}
	return conn, err
}
