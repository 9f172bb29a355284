//go:build !linux

package actors

// poller is for Linux: elsewhere each socket is waited for on a goroutine of its own.
type poller struct{}

func newPoller() *poller { return nil }

func (*poller) Close() error { return nil }

func (*poller) add(int, *socket) error { return nil }

func (*poller) heed(int, *socket, bool) {}

func (*poller) drop(int) {}

func (*poller) remove(*socket) {}
