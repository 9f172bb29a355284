package actors

import (
	"context"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/transport"
)

// timeLimit is the context of a step of an attempt. It ends after its time, but not before
// what has arrived is read: see catchUp. For what goes on alone, such as a function of the
// user's, that is no more time than it had lost.
type timeLimit struct {
	context.Context
	cancel  context.CancelCauseFunc
	due     time.Time
	timer   *time.Timer
	arrived func() (read uint64, unread bool)
}

func limitTime(ctx context.Context, due time.Time, arrived func() (uint64, bool)) *timeLimit {
	l := &timeLimit{due: due, arrived: arrived}
	l.Context, l.cancel = context.WithCancelCause(ctx)
	l.timer = time.AfterFunc(time.Until(due), l.over)
	return l
}

// Deadline implements context.Context. It may end later.
func (l *timeLimit) Deadline() (time.Time, bool) { return l.due, true }

// Err implements context.Context.
func (l *timeLimit) Err() error { return context.Cause(l.Context) }

// Value implements context.Context: none, so that what is derived from it has its Err.
func (*timeLimit) Value(any) any { return nil }

// AfterFunc is what the package context looks for.
func (l *timeLimit) AfterFunc(f func()) func() bool { return context.AfterFunc(l.Context, f) }

// stop ends it before its time.
func (l *timeLimit) stop() {
	l.timer.Stop()
	l.cancel(nil)
}

// over is for when the time is over. If this process was late, or has not read all that is
// there, it goes on as long as something comes: for a grace at most, whatever the peer does.
func (l *timeLimit) over() {
	quiet := transport.Patience(time.Since(l.due))
	if read, unread := l.arrived(); unread || quiet > 0 {
		l.await(read, max(quiet, transport.Turn))
	}
	l.cancel(context.DeadlineExceeded)
}

// await returns when nothing more has come for so long. Looks are counted, not time: the
// process may be stopped again.
func (l *timeLimit) await(read uint64, quiet time.Duration) {
	look := time.NewTicker(transport.Turn)
	defer look.Stop()
	left := quiet
	for all := transport.Grace; all > 0 && left > 0; all -= transport.Turn {
		select {
		case <-l.Done():
			return
		case <-look.C:
		}
		left -= transport.Turn
		if now, unread := l.arrived(); unread || now != read {
			read, left = now, quiet
		}
	}
}

// later is a context with a deadline that is a grace later, for what goes by that alone.
type later struct{ context.Context }

// Deadline implements context.Context.
func (l later) Deadline() (time.Time, bool) {
	due, ok := l.Context.Deadline()
	return due.Add(transport.Grace), ok
}
