//go:build !linux

package actors

import "github.com/sockvisor/sockvisor/supervisor"

// poller is for Linux: elsewhere each reader waits on a goroutine of its own.
type poller struct{}

func pollerOf(*supervisor.Supervisor) *poller { return nil }

func (*poller) add(int, *reader) error { return nil }

func (*poller) remove(int, *reader) {}
