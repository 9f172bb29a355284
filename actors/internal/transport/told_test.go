package transport

import "sync/atomic"

// told is a reader that passes on what it is told.
type told struct {
	hangUps chan bool
	paused  atomic.Bool
}

func newTold() *told { return &told{hangUps: make(chan bool, 100)} }

func (r *told) Readable(hangUp bool) { r.hangUps <- hangUp }
func (r *told) Paused() bool         { return r.paused.Load() }
