package transport

import "time"

const (
	// grace bounds how long who was held up may take to catch up: code of the user's may
	// hold it up still, and the peer be dead.
	Grace = time.Second
	// turn is for how long one that runs on a goroutine of its own is given its turn
	// at least, when the clock was late itself, and how often it is looked after.
	Turn = 20 * time.Millisecond
)

// Patience is for how long a goroutine that can go on is sure to: in a process that was
// not held up it has gone on already. Late is by how much the caller's own time came too
// late.
func Patience(late time.Duration) time.Duration {
	if late <= 0 {
		return 0
	}
	return min(max(late, Turn), Grace)
}
