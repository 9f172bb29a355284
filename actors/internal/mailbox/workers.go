package mailbox

import (
	"runtime"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// Workers is the dispatcher of a tree's connections: goroutines that are used again.
// A new one would begin with a stack of 2 KB and copy it twice before it is deep
// enough for coder/websocket, which took a quarter of the time of an echo.
type Workers struct {
	tasks  chan *Runner // taken by those who are parked
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

var _ actor.Dispatcher = (*Workers)(nil)

// Schedule implements actor.Dispatcher, for a mailbox that is none of this package.
func (w *Workers) Schedule(task func()) { go task() }

// run implements dispatcher.
func (w *Workers) run(r *Runner) {
	select {
	case w.tasks <- r:
	default:
		go w.work(r)
	}
}

// Throughput implements actor.Dispatcher.
func (w *Workers) Throughput() int { return throughput }

func (w *Workers) work(r *Runner) {
	for r != nil {
		r.scheduled()
		r = w.park()
	}
}

// park waits for the next that is to be run, or returns nil if that is not wanted.
func (w *Workers) park() *Runner {
	defer w.parked.Add(-1)
	if w.parked.Add(1) > parking || w.closed.Load() {
		return nil
	}
	return <-w.tasks
}

// NewWorkers returns those of a tree, none of which is made before there is work.
func NewWorkers() *Workers { return &Workers{tasks: make(chan *Runner)} }

// Close ends those who are parked.
func (w *Workers) Close() {
	w.closed.Store(true)
	for w.parked.Load() > 0 {
		select {
		case w.tasks <- nil:
		default:
			runtime.Gosched() // one is about to park, or to end
		}
	}
}
