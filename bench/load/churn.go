package load

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// Churn is the load of a server whose clients come and go: each connects, makes the
// closing handshake, and connects again.
type Churn struct {
	URL          string
	Clients      int // at a time
	Warm, Length time.Duration
}

// Run returns the connections a second.
func (c Churn) Run(begin, end func()) (float64, error) {
	d, err := newDialing(c.URL, false, Hello{})
	if err != nil {
		return 0, err
	}
	var closed atomic.Int64 // the clients write it, the measurement reads it
	var over atomic.Bool    // the measurement writes it, the clients read it
	failures := make([]error, c.Clients)
	var clients sync.WaitGroup
	for i := range c.Clients {
		clients.Go(func() {
			for failures[i] == nil && !over.Load() {
				failures[i] = d.comeAndGo()
				closed.Add(1)
			}
		})
	}
	rate := rateOf(&closed, c.Warm, c.Length, begin, end)
	over.Store(true)
	clients.Wait()
	for _, err := range failures {
		if err != nil {
			return 0, err
		}
	}
	return rate, nil
}

// rateOf is what count gains a second.
func rateOf(count *atomic.Int64, warm, length time.Duration, begin, end func()) float64 {
	time.Sleep(warm)
	before, began := count.Load(), time.Now()
	begin()
	time.Sleep(length)
	end()
	return float64(count.Load()-before) / time.Since(began).Seconds()
}

// goodbye is a client's close frame.
var goodbye = ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))))

// comeAndGo ends when the server has closed the socket, which is for the server to do
// (RFC 6455, section 7.1.1).
func (d dialing) comeAndGo() error {
	conn, err := d.open(0)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(goodbye); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}

// Rate is how many clients a second make the closing handshake with the server.
func (s *Server) Rate(warm, length time.Duration, begin, end func()) float64 {
	return rateOf(&s.closed, warm, length, begin, end)
}

// bye answers a close frame.
func (s *Server) bye(conn net.Conn) {
	s.closed.Add(1)
	_ = ws.WriteFrame(conn, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
}
