package transport

import (
	"context"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/timer"
)

// TimeLimit is the context of something that reads. It ends after its time, but not before
// what has arrived is read: it may be this process that was stopped or slow, and not the
// peer. For what goes on alone, such as a function of the user's, that is no more time
// than it had lost.
type TimeLimit struct {
	context.Context
	cancel  context.CancelCauseFunc
	due     time.Time
	timer   *timer.Timer
	arrived func() (read uint64, unread bool)
}

// LimitTime returns a context that ends when due. Arrived is how much has been read, and
// whether there is more to read.
func LimitTime(ctx context.Context, due time.Time, arrived func() (uint64, bool)) *TimeLimit {
	l := &TimeLimit{due: due, arrived: arrived}
	l.Context, l.cancel = context.WithCancelCause(ctx)
	l.timer = timer.AfterFunc(time.Until(due), l.over)
	return l
}

// Deadline implements context.Context. It may end later.
func (l *TimeLimit) Deadline() (time.Time, bool) { return l.due, true }

// Err implements context.Context.
func (l *TimeLimit) Err() error { return context.Cause(l.Context) }

// Value implements context.Context: none, so that what is derived from it has its Err.
func (*TimeLimit) Value(any) any { return nil }

// AfterFunc is what the package context looks for.
func (l *TimeLimit) AfterFunc(f func()) func() bool { return context.AfterFunc(l.Context, f) }

// Stop ends it before its time.
func (l *TimeLimit) Stop() {
	l.timer.Stop()
	l.cancel(nil)
}

// over is for when the time is over. If this process was late, or has not read all that is
// there, it goes on as long as something comes: for a grace at most, whatever the peer does.
func (l *TimeLimit) over() {
	quiet := Patience(time.Since(l.due))
	if read, unread := l.arrived(); unread || quiet > 0 {
		l.await(read, max(quiet, Turn))
	}
	l.cancel(context.DeadlineExceeded)
}

// await returns when nothing more has come for so long. Looks are counted, not time: the
// process may be stopped again.
func (l *TimeLimit) await(read uint64, quiet time.Duration) {
	look := time.NewTicker(Turn)
	defer look.Stop()
	left := quiet
	for all := Grace; all > 0 && left > 0; all -= Turn {
		select {
		case <-l.Done():
			return
		case <-look.C:
		}
		left -= Turn
		if now, unread := l.arrived(); unread || now != read {
			read, left = now, quiet
		}
	}
}

// Later is a context with a deadline that is a grace later, for what goes by that alone.
type Later struct{ context.Context }

// Deadline implements context.Context.
func (l Later) Deadline() (time.Time, bool) {
	due, ok := l.Context.Deadline()
	return due.Add(Grace), ok
}

// AfterFunc is what the package context looks for: without it a goroutine would wait for
// the end of the one below.
func (l Later) AfterFunc(f func()) func() bool { return context.AfterFunc(l.Context, f) }
