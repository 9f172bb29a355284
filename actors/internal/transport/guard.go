package transport

import (
	"sync"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// bufferGuard is the guard of a frame buffer.
type bufferGuard struct {
	wire.Guard
	seen int // of what is there to hand out
}

// guards are for sockets that are in the middle of a message, or of what is none of
// the plainest: an idle one has no guard.
var guards = sync.Pool{New: func() any { return &bufferGuard{} }}

// watchedBy returns the guard of what is read, one of these rules.
func (in *frameBuffer) watchedBy(r *wire.Rules) *bufferGuard {
	if in.guard == nil {
		in.guard = guards.Get().(*bufferGuard)
		in.guard.Reset(*r)
		in.guard.seen = 0
	}
	return in.guard
}

// pass has the guard see the first n bytes that are to be handed out.
func (in *frameBuffer) pass(n int, r *wire.Rules) error {
	g := in.watchedBy(r)
	if n <= g.seen {
		return nil
	}
	_, err := g.Check(in.rest()[g.seen:n])
	g.seen = n
	return err
}

// passed is for when n bytes have been handed out.
func (in *frameBuffer) passed(n int) {
	g := in.guard
	g.seen = max(g.seen-n, 0)
	if in.left == 0 && g.Idle() {
		in.dismiss()
	}
}

// ending is what an error of reading means here.
func (in *frameBuffer) ending(err error) error {
	if in.guard == nil {
		return err
	}
	return in.guard.Ending(err)
}

// dismiss gives back the guard.
func (in *frameBuffer) dismiss() {
	guards.Put(in.guard)
	in.guard = nil
}

// Inspect has the guard see what is there of a frame of which there is the header, but
// not yet all.
func (s *Socket) Inspect() error {
	in := &s.incoming
	return in.pass(int(min(int64(len(in.rest())), in.ahead.FrameSize())), &s.rules)
}

// Guard has the guard see all that is read, where frames are not.
func (s *Socket) Guard() { s.incoming.watchedBy(&s.rules) }

// Agreed notes whether messages may be compressed, and refer to those before them then.
func (s *Socket) Agreed(deflate, takeover bool) {
	s.rules.Deflate, s.rules.Takeover = deflate, takeover
}
