package supervisor

import (
	"math"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// defaultDrainTimeout is what the connections have after the last was asked.
const defaultDrainTimeout = time.Minute

// pace is how often a shard closes a batch at most.
const pace = 50 * time.Millisecond

// drain asks a shard to close its connections and to take no new ones. It tells
// its parent drained when the last one is gone.
type drain struct {
	close *messages.Close
	over  time.Duration
	// phase is by what part of a turn the shard is ahead: they would all close their
	// first, and each that follows, at the same time.
	phase float64
}

// phaseOf returns that of a shard: however many there are, and in use, they are spread.
func phaseOf(shard int) float64 {
	_, phase := math.Modf(float64(shard) / math.Phi)
	return phase
}

// stop is Supervisor.Drain's: nobody waits for an answer to it.
type stop struct{ drain messages.Drain }

// force asks to cut off what is left.
type force struct{}

// batchDue is the timer of a shard's next batch.
type batchDue struct{}

// settled is what a shard tells itself when its last child has terminated:
// whatever the children said before that is ahead of it in the mailbox.
type settled struct{}

type drained struct{ tally messages.Drained }

// What is sent to a tree that has just stopped is no news.
func (*stop) IgnoreDeadLetterLogging()     {}
func (*drain) IgnoreDeadLetterLogging()    {}
func (*force) IgnoreDeadLetterLogging()    {}
func (*batchDue) IgnoreDeadLetterLogging() {}

// draining is a shard's part of a drain.
type draining struct {
	drain
	all    []string // ids of those to be asked; some may end before
	asked  int      // of them
	began  time.Time
	next   *time.Timer // of the next batch
	tally  messages.Drained
	forced bool
}

func (s *shard) drain(ctx actor.Context, m *drain) {
	if s.draining != nil {
		return
	}
	s.draining = &draining{drain: *m, began: time.Now()}
	for id, c := range s.children {
		if !c.stopped {
			s.draining.all = append(s.draining.all, id)
		}
	}
	s.closeBatch(ctx)
	s.settle(ctx)
}

// closeBatch asks as many as are due to close.
func (s *shard) closeBatch(ctx actor.Context) {
	d := s.draining
	elapsed := time.Since(d.began)
	for due := d.due(elapsed); d.asked < due; d.asked++ {
		if c, there := s.children[d.all[d.asked]]; there && !c.stopped {
			s.out.Send(c.pid, d.close)
		}
	}
	if d.asked < len(d.all) {
		self := ctx.Self()
		d.next = time.AfterFunc(d.dueAt(elapsed)-elapsed, func() { s.out.Send(self, &batchDue{}) })
	}
}

// due is how many should have been asked after a while, the last of them at the
// end.
func (d *draining) due(elapsed time.Duration) int {
	if elapsed >= d.over {
		return len(d.all)
	}
	return int(float64(len(d.all))*float64(elapsed)/float64(d.over) + d.phase)
}

// dueAt is after how long the next batch is.
func (d *draining) dueAt(elapsed time.Duration) time.Duration {
	part := (float64(d.asked+1) - d.phase) / float64(len(d.all))
	if part >= 1 {
		return d.over
	}
	return min(max(time.Duration(part*float64(d.over))+1, elapsed+pace), d.over)
}

// stop has no batch follow.
func (d *draining) stop() {
	if d != nil && d.next != nil {
		d.next.Stop()
	}
}

// force cuts off what is left.
func (s *shard) force(ctx actor.Context) {
	d := s.draining
	d.stop()
	d.all, d.asked, d.forced = nil, 0, true
	for _, c := range s.children {
		if !c.stopped {
			d.tally.Forced++
			s.cancel(c)
			s.out.Stop(c.pid)
		}
	}
}

// count adds a connection that is over to the tally.
func (s *shard) count(m *child.Finished) {
	d := s.draining
	if d == nil {
		return
	}
	d.tally.Undelivered += m.Dropped
	switch {
	case d.forced: // and counted
	case m.Clean:
		d.tally.Clean++
	default:
		d.tally.Forced++
	}
}

// settle tells the root when there are no children left.
func (s *shard) settle(ctx actor.Context) {
	if s.draining != nil && len(s.children) == 0 {
		s.out.Send(ctx.Self(), &settled{})
	}
}
