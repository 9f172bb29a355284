package main

import (
	"fmt"
	"strconv"

	"github.com/sockvisor/sockvisor/bench/load"
)

// connections are those of idle rows and of the heartbeat; r.some is for fewer.
func (r *run) connections() int { return r.some(9000) }

// some is n connections, or a third of them for a look.
func (r *run) some(n int) int {
	if r.quick {
		return n / 3
	}
	return n
}

// idleServer is the memory of n connections over that of the program without them, after
// hello.
func idleServer(n int, hello load.Hello, args ...string) func(*run) error {
	return func(r *run) error {
		if err := r.start(args...); err != nil {
			return err
		}
		defer r.process.Kill()
		before, err := r.settled()
		if err != nil {
			return err
		}
		held, err := load.Hold(r.process.URL, r.some(n), hello)
		if err != nil {
			return err
		}
		after, err := r.settled()
		r.value = (after - before) / float64(r.some(n))
		if lost := held.Close(); err == nil {
			err = lost
		}
		return err
	}
}

// idleClient is the memory of n connections over that of the program with one, after a
// hello of so many bytes, or none.
func idleClient(n int, secure bool, hello int) func(*run) error {
	return func(r *run) error {
		server, err := load.Serve(secure, hello)
		if err != nil {
			return err
		}
		defer server.Close()
		one := *r
		if err := one.idle(server, 1, 1); err != nil { // a baseline
			return err
		}
		n := r.some(n)
		if err := r.idle(server, 1+n, 2+n); err != nil {
			return err
		}
		r.value = (r.value - one.value) / float64(n)
		return nil
	}
}

// idle starts the system as n clients of a server, which has then greeted so many in all,
// and measures its memory.
func (r *run) idle(server *load.Server, n, greeted int) error {
	if err := r.start("-url", server.URL, "-n", strconv.Itoa(n)); err != nil {
		return err
	}
	defer r.process.Kill()
	if _, err := r.process.Line(); err != nil { // it says that all are open
		return fmt.Errorf("waiting for %d connections: %w", n, err)
	}
	err := server.Greeted(greeted)
	if err == nil {
		r.value, err = r.settled()
	}
	return err
}

// settled is the resident memory of the system after it has returned what it does
// not use. Three times: what a finalizer or a sync.Pool lets go is free only after a
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
