package actors

import (
	"math"
	"time"
)

// sum is when d is over that begins at t, or as late as can be: the durations of
// users may be as large as "never". t is not negative.
func sum(t, d time.Duration) time.Duration {
	if d > math.MaxInt64-t {
		return math.MaxInt64
	}
	return t + d
}
