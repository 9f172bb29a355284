package actors

import (
	"runtime"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// workers is the dispatcher of a tree's connections: goroutines that are used again.
// A new one would begin with a stack of 2 KB and copy it twice before it is deep
// enough for coder/websocket, which took a quarter of the time of an echo.
type workers struct {
	tasks  chan *runner // taken by those who are parked
	parked atomic.Int64
	closed atomic.Bool
}

const (
	// parking is how many may wait for work. More are made whenever there is
	// more to do, and end when it is done.
	parking = 128
	// throughput is protoactor's default.
	throughput = 300
)

var _ actor.Dispatcher = (*workers)(nil)

// Schedule implements actor.Dispatcher, for a mailbox that is none of this package.
func (w *workers) Schedule(task func()) { go task() }

// run implements dispatcher.
func (w *workers) run(r *runner) {
	select {
	case w.tasks <- r:
	default:
		go w.work(r)
	}
}

// Throughput implements actor.Dispatcher.
func (w *workers) Throughput() int { return throughput }

func (w *workers) work(r *runner) {
	for r != nil {
		r.scheduled()
		r = w.park()
	}
}

// park waits for the next that is to be run, or returns nil if that is not wanted.
func (w *workers) park() *runner {
	defer w.parked.Add(-1)
	if w.parked.Add(1) > parking || w.closed.Load() {
		return nil
	}
	return <-w.tasks
}

// close ends those who are parked.
func (w *workers) close() {
	w.closed.Store(true)
	for w.parked.Load() > 0 {
		select {
		case w.tasks <- nil:
		default:
			runtime.Gosched() // one is about to park, or to end
		}
	}
}
