package messages

import "sync/atomic"

// heard is part of an event that the log has too, unless a subscriber takes care of it. The
// EventStream does not say who listens to what: one may be there for something else.
type heard struct {
	// is is written by any subscriber, and read by who has published when all have returned.
	is atomic.Bool
}

// Heard says that this is taken care of, so that the log need not have it. A subscriber
// calls it before it returns: then it is too late.
func (h *heard) Heard() { h.is.Store(true) }

// IsHeard reports whether a subscriber has called Heard.
func (h *heard) IsHeard() bool { return h.is.Load() }
