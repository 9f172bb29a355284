package tuned

import (
	"bytes"
	"net"
	"testing"
)

// socket notes what is written at a time.
type socket struct {
	net.Conn
	writes [][]byte
}

func (s *socket) Write(p []byte) (int, error) {
	s.writes = append(s.writes, bytes.Clone(p))
	return len(p), nil
}

func (s *socket) Read(p []byte) (int, error) { return len(p), nil }

// What is written waits for the next read, in its order, and what is large for nothing.
func TestConn(t *testing.T) {
	s := &socket{}
	c := &Conn{Conn: s}
	write := func(p []byte) {
		t.Helper()
		if n, err := c.Write(p); n != len(p) || err != nil {
			t.Fatalf("wrote %d of %d, %v", n, len(p), err)
		}
	}
	write([]byte("a"))
	write([]byte("b"))
	if len(s.writes) != 0 {
		t.Errorf("written before the read: %q", s.writes)
	}
	for range 2 { // the second has nothing to write
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.writes) != 1 || string(s.writes[0]) != "ab" {
		t.Errorf("written at the read: %q", s.writes)
	}
	write([]byte("c"))
	write(make([]byte, Buffer))
	if len(s.writes) != 3 || string(s.writes[1]) != "c" || len(s.writes[2]) != Buffer {
		t.Errorf("%d writes", len(s.writes))
	}
}
