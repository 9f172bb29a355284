package main

import (
	"fmt"
	"strconv"
)

// settled is the resident memory of the system after it has returned what it does
// not use. Twice: what a finalizer or a sync.Pool lets go is free only after a
// second collection.
func (r *run) settled() (float64, error) {
	for range 3 {
		if err := r.process.Free(); err != nil {
			return 0, err
		}
	}
	rss, err := r.process.RSS()
	return float64(rss), err
}

// memory measures what connections that connect opens take.
func (r *run) memory(connect func() (disconnect func() error, err error)) error {
	before, err := r.settled()
	if err != nil {
		return err
	}
	disconnect, err := connect()
	if err != nil {
		return err
	}
	after, err := r.settled()
	r.value = (after - before) / float64(r.connections())
	if lost := disconnect(); err == nil {
		err = lost
	}
	return err
}

// idle starts the system as n clients of a server and measures its memory.
func (r *run) idle(url string, n int) error {
	if err := r.start("-url", url, "-n", strconv.Itoa(n)); err != nil {
		return err
	}
	defer r.process.Kill()
	if _, err := r.process.Line(); err != nil { // it says that all are open
		return fmt.Errorf("waiting for %d connections: %w", n, err)
	}
	var err error
	r.value, err = r.settled()
	return err
}
