package load

import (
	"net"
	"time"

	"github.com/gobwas/ws"
)

// accept takes one WebSocket on a port of its own, from a client that start is
// to start with its URL.
func accept(start func(url string) error) (*net.TCPConn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	if err := start("ws://" + listener.Addr().String() + "/ws"); err != nil {
		return nil, err
	}
	conn, err := listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, err := ws.Upgrade(conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// patience is how much longer than planned one run may take.
const patience = 30 * time.Second

// Sink takes what one client sends as fast as it can.
type Sink struct {
	Size         int
	Warm, Length time.Duration
}

// Run returns the messages a second.
func (k Sink) Run(start func(url string) error, begin, end func()) (float64, error) {
	conn, err := accept(start)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(k.Warm + k.Length + patience))
	buffer := make([]byte, 256<<10)
	read := func(length time.Duration) (bytes int, took time.Duration, err error) {
		began := time.Now()
		for took < length {
			n, err := conn.Read(buffer)
			if err != nil {
				return 0, 0, err
			}
			bytes, took = bytes+n, time.Since(began)
		}
		return bytes, took, nil
	}
	if _, _, err := read(k.Warm); err != nil {
		return 0, err
	}
	begin()
	bytes, took, err := read(k.Length)
	end()
	return float64(bytes) / float64(len(request(k.Size))) / took.Seconds(), err
}

// Flood sends one client messages as fast as it takes them. After each Count the
// client sends one back.
type Flood struct {
	Size, Count  int
	Warm, Length time.Duration
}

// Run returns the messages a second.
func (f Flood) Run(start func(url string) error, begin, end func()) (float64, error) {
	conn, err := accept(start)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(f.Warm + f.Length + patience))
	batch := max(min(1000, (1<<20)/f.Size), 1) // what one system call may take
	frames := repeat(response(f.Size), batch)
	flood := func() error {
		for left := f.Count; left > 0; left -= batch {
			if _, err := conn.Write(frames[:len(frames)/batch*min(left, batch)]); err != nil {
				return err
			}
		}
		_, err := ws.ReadFrame(conn)
		return err
	}
	many := func(length time.Duration) (messages int, took time.Duration, err error) {
		for began := time.Now(); took < length; took = time.Since(began) {
			if err := flood(); err != nil {
				return 0, 0, err
			}
			messages += f.Count
		}
		return messages, took, nil
	}
	if _, _, err := many(f.Warm); err != nil {
		return 0, err
	}
	begin()
	messages, took, err := many(f.Length)
	end()
	return float64(messages) / took.Seconds(), err
}
