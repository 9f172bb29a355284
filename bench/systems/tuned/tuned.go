// Package tuned is the buffering that a user can put below a library that makes a system
// call for every message it writes: what is written waits until there is nothing left to
// read. It knows sockets, and nothing of WebSocket or of any library.
package tuned

import (
	"bufio"
	"errors"
	"net"
	"net/http"
)

// Buffer is the size of the buffers for reading and for writing, in bytes.
const Buffer = 16 << 10

// Conn keeps what is written until the next Read, or until the buffer is full. Its reader
// must have a buffer of its own, so that a Read means that nothing is left in it. One
// goroutine reads and writes.
type Conn struct {
	net.Conn
	out []byte
}

// Read writes what waits, and then reads.
func (c *Conn) Read(p []byte) (int, error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *Conn) Write(p []byte) (int, error) {
	if len(c.out)+len(p) > Buffer {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) >= Buffer {
		return c.Conn.Write(p)
	}
	c.out = append(c.out, p...)
	return len(p), nil
}

// Close writes what waits, if it can, and closes.
func (c *Conn) Close() error { return errors.Join(c.flush(), c.Conn.Close()) }

func (c *Conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.out)
	c.out = c.out[:0]
	return err
}

// Handler has every socket that next takes over be a Conn.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(response{w}, r) })
}

type response struct{ http.ResponseWriter }

func (w response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, early, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if early.Reader.Buffered() > 0 {
		return nil, nil, errors.Join(errors.New("the client spoke before it was answered"), conn.Close())
	}
	tuned := &Conn{Conn: conn}
	return tuned, bufio.NewReadWriter(bufio.NewReaderSize(tuned, Buffer), bufio.NewWriter(tuned)), nil
}
