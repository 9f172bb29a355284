package supervisor

import (
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/sockvisor/sockvisor/messages"
	"github.com/sockvisor/sockvisor/supervisor/child"
)

// strategy is a shard's: resume now, restart after the delay. A child that
// protoactor has suspended would be deaf until its restart; resumed, it still
// answers close, inspect and send.
//
// It runs on its shard's goroutine, as does all that touches its children.
type strategy struct {
	out      *child.Contained
	shard    *actor.PID
	parent   actor.Supervisor // the shard's own context, known from its first failure
	random   *rand.Rand
	children map[string]*supervised
}

// supervised is what survives the restarts of a connection on the supervisor's side.
type supervised struct {
	pid      *actor.PID
	policy   *Policy
	attempts int // failures in a row
	refused  int // and those at the end of them that were refusals
	// restart is the one pending restart, nil if there is none, and epoch the
	// failure that it answers: a timer of any other is stale.
	restart *time.Timer
	epoch   uint64
	// stopped says that the shard has stopped it: it is never restarted.
	stopped bool
}

// restartDue is a timer's message: the timer must not restart the child itself,
// which may have been stopped since. (protoactor's handleRestart does not look
// at the state: a restart after a stop makes an unregistered actor.) It has the id
// alone: with a PID, a timer that was stopped, and which the runtime keeps until it would
// have been due, would keep the child.
type restartDue struct {
	child string
	epoch uint64
}

var _ actor.SupervisorStrategy = (*strategy)(nil)

func newStrategy(out *child.Contained, shard *actor.PID) *strategy {
	return &strategy{
		out:      out,
		shard:    shard,
		random:   rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		children: make(map[string]*supervised),
	}
}

// HandleFailure implements actor.SupervisorStrategy.
func (s *strategy) HandleFailure(_ *actor.ActorSystem, parent actor.Supervisor, who *actor.PID,
	_ *actor.RestartStatistics, reason, _ any,
) {
	s.parent = parent
	s.out.Do(func() { parent.ResumeChildren(who) })
	c, known := s.children[who.Id]
	if !known || c.stopped || c.restart != nil {
		return // over, or a second failure of what is already down
	}
	failure := asFailure(reason)
	decision := s.decide(c, failure)
	decision.Failure = failure
	s.out.Send(who, decision)
	if decision.Retry {
		s.schedule(c, who, decision)
	}
}

func (s *strategy) decide(c *supervised, failure *child.Failure) *child.Decision {
	policy := c.policy.withDefaults()
	if failure.Uptime >= policy.StableUptime {
		c.attempts = 0
	}
	if failure.Ready {
		return &child.Decision{Epoch: failure.Epoch, Attempt: c.attempts, Retry: true}
	}
	c.attempts++
	verdict := s.classify(c, policy, failure.Err)
	if c.refused++; verdict != RetryOnce {
		c.refused = 0
	}
	if failure.Final {
		return &child.Decision{
			Epoch: failure.Epoch, Attempt: c.attempts, Err: &messages.GaveUpError{Cause: messages.GaveUpFirst, Err: failure.Err},
		}
	}
	delay, err := policy.Next(Failures{
		Attempts: c.attempts, Refused: c.refused, Reason: failure.Err, Verdict: verdict, Now: time.Now(),
	}, s.random)
	return &child.Decision{Epoch: failure.Epoch, Attempt: c.attempts, Retry: err == nil, Delay: delay, Err: err}
}

// classify asks the policy's classifier, which is the user's code: a panic in it would
// stop every child of the shard, so it counts as "try again".
func (s *strategy) classify(c *supervised, p Policy, reason error) (v Verdict) {
	defer func() {
		if r := recover(); r != nil {
			s.out.Crashed(&messages.HandlerError{Reason: r, In: "WithPolicy", Stack: debug.Stack()},
				slog.String("conn", c.pid.Id))
			v = Retry
		}
	}()
	return p.Classify(reason)
}

func (s *strategy) schedule(c *supervised, who *actor.PID, decision *child.Decision) {
	out, shard, due := s.out, s.shard, &restartDue{child: who.Id, epoch: decision.Epoch}
	c.epoch = decision.Epoch
	c.restart = time.AfterFunc(decision.Delay, func() { out.Send(shard, due) })
}

// restartNow restarts the child that a timer was for, unless it is stale.
func (s *strategy) restartNow(due *restartDue) {
	c, known := s.children[due.child]
	if !known || c.restart == nil || c.epoch != due.epoch {
		return
	}
	c.restart = nil
	s.out.Do(func() { s.parent.RestartChildren(c.pid) })
}

// cancel forgets the pending restart of a child that is to be stopped.
func (s *strategy) cancel(c *supervised) {
	c.stopped = true
	if c.restart != nil {
		c.restart.Stop()
		c.restart = nil
	}
}

// asFailure makes a Failure of any reason: what is none is a bug in the child.
func asFailure(reason any) *child.Failure {
	if err, ok := reason.(error); ok {
		if failure, ok := as[*child.Failure](err); ok {
			return failure
		}
	}
	return &child.Failure{Err: &messages.InternalError{Reason: reason}}
}
