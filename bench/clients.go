package main

import (
	"strconv"

	"github.com/sockvisor/sockvisor/bench/load"
)

func send(r *run) error {
	warm, length := r.length()
	var err error
	r.value, err = load.Sink{Size: messageSize, Warm: warm, Length: length}.Run(func(url string) error {
		return r.start("-url", url, "-size", strconv.Itoa(messageSize))
	}, r.begin, r.end)
	if r.process != nil {
		r.process.Kill()
	}
	return err
}

func receive(r *run) error {
	const count = 100_000
	warm, length := r.length()
	var err error
	r.value, err = load.Flood{Size: messageSize, Count: count, Warm: warm, Length: length}.Run(func(url string) error {
		return r.start("-url", url, "-n", strconv.Itoa(count))
	}, r.begin, r.end)
	if r.process != nil {
		r.process.Kill()
	}
	return err
}

func broadcast(r *run) error {
	if err := r.start(); err != nil {
		return err
	}
	defer r.process.Kill()
	warm, length := r.length()
	var err error
	r.value, err = load.Broadcast{URL: r.process.URL, Conns: 5000, Size: messageSize, Warm: 2 * warm, Length: length}.Run(r.begin, r.end)
	return err
}
