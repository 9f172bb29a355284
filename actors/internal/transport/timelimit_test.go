package transport

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

// How long a step goes on after its time: only if this process was late, or has not read
// all that is there, and then as long as something comes, but never for more than a grace.
func TestTimeLimit(t *testing.T) {
	for name, test := range map[string]struct {
		late   time.Duration // since the step's time was over
		every  time.Duration // something comes, until the last
		last   time.Duration
		unread bool
		want   time.Duration
	}{
		"in time":                      {0, 0, 0, false, 0},
		"in time, something comes":     {0, ms, time.Minute, false, 0},
		"a little late":                {ms, 0, 0, false, Turn},
		"late":                         {200 * ms, 0, 0, false, 200 * ms},
		"very late":                    {time.Hour, 0, 0, false, Grace},
		"late, something comes":        {200 * ms, 50 * ms, 150 * ms, false, 360 * ms},
		"late, something always comes": {ms, ms, time.Minute, false, Grace},
		"unread":                       {0, 0, 0, true, Grace},
		"late and unread":              {time.Hour, ms, time.Minute, true, Grace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var read atomic.Uint64
				began := time.Now()
				l := LimitTime(context.Background(), began.Add(-test.late), func() (uint64, bool) { return read.Load(), test.unread })
				defer l.Stop()
				if test.every > 0 {
					go func() {
						for d := test.every; d <= test.last && l.Err() == nil; d += test.every {
							time.Sleep(test.every)
							read.Add(1)
						}
					}()
				}
				<-l.Done()
				took := time.Since(began)
				time.Sleep(time.Second) // what comes ends too
				if took != test.want || !errors.Is(l.Err(), context.DeadlineExceeded) {
					t.Errorf("%v after %v, want %v", l.Err(), took, test.want)
				}
			})
		})
	}
}

// To a user's function it is a context with a deadline like any other.
func TestTimeLimitIsContext(t *testing.T) {
	nothing := func() (uint64, bool) { return 0, false }
	for name, test := range map[string]struct {
		end  func(l *TimeLimit, cancel func())
		want error
	}{
		"in time":  {func(*TimeLimit, func()) {}, context.DeadlineExceeded},
		"stopped":  {func(l *TimeLimit, _ func()) { l.Stop() }, context.Canceled},
		"canceled": {func(_ *TimeLimit, cancel func()) { cancel() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				above, cancel := context.WithCancel(context.Background())
				defer cancel()
				due := time.Now().Add(time.Second)
				l := LimitTime(above, due, nothing)
				defer l.Stop()
				derived, end := context.WithTimeout(l, time.Minute)
				defer end()
				for ctx, want := range map[context.Context]time.Time{l: due, derived: due, Later{l}: due.Add(Grace)} {
					if at, ok := ctx.Deadline(); !ok || !at.Equal(want) || ctx.Err() != nil {
						t.Errorf("deadline %v, %v, %v", at, ok, ctx.Err())
					}
				}
				test.end(l, cancel)
				<-derived.Done()
				if !errors.Is(l.Err(), test.want) || !errors.Is(derived.Err(), test.want) || !errors.Is(context.Cause(derived), test.want) {
					t.Errorf("got %v, %v", l.Err(), derived.Err())
				}
			})
		})
	}
}
