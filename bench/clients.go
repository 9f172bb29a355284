package main

import (
	"strconv"

	"github.com/sockvisor/sockvisor/bench/load"
)

func send(r *run) error { return sendOf(r, messageSize) }

func sendOf(r *run, size int, args ...string) error {
	warm, length := r.length()
	var err error
	r.value, err = load.Sink{Size: size, Warm: warm, Length: length}.Run(func(url string) error {
		return r.start(append(args, "-url", url, "-size", strconv.Itoa(size))...)
	}, r.begin, r.end)
	if r.process != nil {
		r.process.Kill()
	}
	return err
}

func receive(r *run) error { return receiveOf(r, messageSize, 100_000) }

// receiveOf has the client answer every count of messages.
func receiveOf(r *run, size, count int, args ...string) error {
	warm, length := r.length()
	var err error
	r.value, err = load.Flood{Size: size, Count: count, Warm: warm, Length: length}.Run(func(url string) error {
		return r.start(append(args, "-url", url, "-n", strconv.Itoa(count))...)
	}, r.begin, r.end)
	if r.process != nil {
		r.process.Kill()
	}
	return err
}

// broadcast is to so many connections in each room; without rooms, in all.
func broadcast(rooms, conns int) func(*run) error {
	return func(r *run) error {
		if err := r.start(); err != nil {
			return err
		}
		defer r.process.Kill()
		warm, length := r.length()
		var err error
		r.value, err = load.Broadcast{
			URL: r.process.URL, Rooms: rooms, Conns: conns, Size: messageSize, Warm: 2 * warm, Length: length,
		}.Run(r.begin, r.end)
		return err
	}
}
