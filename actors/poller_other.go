//go:build !linux

package actors

// poller is for Linux: elsewhere each reader waits on a goroutine of its own.
type poller struct{}

func newPoller() *poller { return nil }

func (*poller) Close() error { return nil }

func (*poller) add(int, *reader) error { return nil }

func (*poller) heed(int, *reader, bool) {}

func (*poller) drop(int) {}

func (*poller) remove(*reader) {}
