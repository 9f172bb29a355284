package load

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// What speaks TLS is crypto/tls, which waits on a goroutine a connection: the generator
// takes more of the machine than it does without.

// conns are connections with a goroutine each.
type conns struct {
	all     []net.Conn
	serving sync.WaitGroup
	ending  atomic.Bool           // end writes it, the goroutines read it
	lost    atomic.Pointer[error] // why the last one was lost before the end: they write it, end reads it
}

// serve opens n and serves each with a goroutine, until end or an error.
func (c *conns) serve(d dialing, n int, one func(net.Conn) error) error {
	c.all = make([]net.Conn, n)
	if err := openAll(n, func(i int) (err error) {
		c.all[i], err = d.open(i)
		return err
	}); err != nil {
		return errors.Join(err, c.end())
	}
	for _, conn := range c.all {
		c.serving.Go(func() {
			if err := one(conn); err != nil && !c.ending.Load() {
				c.lost.Store(&err)
			}
		})
	}
	return nil
}

func (c *conns) end() error {
	c.ending.Store(true)
	for _, conn := range c.all {
		if conn != nil {
			_ = conn.SetDeadline(time.Unix(1, 0)) // or a close would wait for a peer that does not read
			_ = conn.Close()
		}
	}
	c.serving.Wait()
	if err := c.lost.Load(); err != nil {
		return *err
	}
	return nil
}

// Close implements Held.
func (c *conns) Close() error { return c.end() }

func holdSecure(d dialing, n int) (Held, error) {
	c := &conns{}
	return c, c.serve(d, n, func(conn net.Conn) error {
		for {
			frame, err := ws.ReadFrame(conn)
			if err != nil {
				return err
			}
			if frame.Header.OpCode != ws.OpPing {
				continue
			}
			if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewPongFrame(frame.Payload))); err != nil {
				return err
			}
		}
	})
}

// runSecure is Run over TLS.
func (e Echo) runSecure(d dialing, begin, end func()) (float64, error) {
	ask, answer := request(e.Size), len(response(e.Size))
	batch := repeat(ask, e.InFlight)
	var echoed atomic.Int64 // those who read write it, the measurement reads it
	c := &conns{}
	if err := c.serve(d, e.Conns, func(conn net.Conn) error {
		buffer, partial := make([]byte, 16<<10), 0
		for n := e.InFlight; ; {
			if n > 0 {
				if _, err := conn.Write(batch[:n*len(ask)]); err != nil {
					return err
				}
			}
			read, err := conn.Read(buffer)
			if err != nil {
				return err
			}
			n, partial = (partial+read)/answer, (partial+read)%answer
			echoed.Add(int64(n))
		}
	}); err != nil {
		return 0, err
	}
	time.Sleep(e.Warm)
	before, began := echoed.Load(), time.Now()
	begin()
	time.Sleep(e.Length)
	end()
	rate := float64(echoed.Load()-before) / time.Since(began).Seconds()
	return rate, c.end()
}
