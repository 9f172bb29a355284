package load

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// Held are clients that say nothing but answer pings.
type Held interface {
	// Close ends them all, and returns an error if one was lost before.
	Close() error
}

// Hold opens n connections to a server and keeps them until Close.
func Hold(url string, n int, hello Hello) (Held, error) {
	d, err := newDialing(url, false, hello)
	if err != nil {
		return nil, err
	}
	if d.secure() {
		return holdSecure(d, n)
	}
	l, err := newLoop()
	if err != nil {
		return nil, err
	}
	h := &held{loop: l, stopped: make(chan struct{})}
	if _, err := l.dialAll(d, n, answerPings); err != nil {
		l.close()
		return nil, err
	}
	go h.run()
	return h, nil
}

type held struct {
	loop    *loop
	stopped chan struct{}
	stop    atomic.Bool // Close writes it, run reads it
	err     error
}

func (h *held) run() {
	defer close(h.stopped)
	for h.err == nil && !h.stop.Load() {
		h.err = h.loop.run(time.Now().Add(50*time.Millisecond), h.stop.Load)
	}
}

func (h *held) Close() error {
	h.stop.Store(true)
	<-h.stopped
	h.loop.close()
	return h.err
}

func answerPings(s *socket, p []byte) error {
	for in := bytes.NewReader(p); in.Len() > 0; {
		frame, err := ws.ReadFrame(in)
		if err != nil {
			return err
		}
		if frame.Header.OpCode != ws.OpPing {
			continue
		}
		pong, err := ws.CompileFrame(ws.MaskFrame(ws.NewPongFrame(frame.Payload)))
		if err != nil {
			return err
		}
		if err := s.write(pong); err != nil {
			return err
		}
	}
	return nil
}
