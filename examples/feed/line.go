package main

import (
	"net"
	"sync/atomic"
)

// line is a listener whose newest socket can fail as networks do.
type line struct {
	net.Listener
	newest atomic.Pointer[socket]
}

// socket is one that discards all that comes and goes once it is frozen.
type socket struct {
	net.Conn
	line   *line
	frozen atomic.Bool
}

// Accept implements net.Listener.
func (l *line) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: conn, line: l}
	l.newest.Store(s)
	return s, nil
}

// cut resets the newest socket, and reports whether there was one.
func (l *line) cut() bool {
	s := l.newest.Swap(nil)
	if s == nil {
		return false
	}
	if tcp, ok := s.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset: what was under way is lost
	}
	return s.Conn.Close() == nil
}

// freeze makes the newest socket silent: only a heartbeat can tell.
func (l *line) freeze() bool {
	s := l.newest.Swap(nil)
	if s == nil {
		return false
	}
	s.frozen.Store(true)
	return true
}

func (s *socket) Read(p []byte) (int, error) {
	for {
		n, err := s.Conn.Read(p)
		if err != nil || !s.frozen.Load() {
			return n, err
		}
	}
}

func (s *socket) Write(p []byte) (int, error) {
	if s.frozen.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

func (s *socket) Close() error {
	s.line.newest.CompareAndSwap(s, nil)
	return s.Conn.Close()
}
