//go:build !linux

package transport

// Poller is for Linux: elsewhere each socket is waited for on a goroutine of its own.
type Poller struct{}

// NewPoller returns nil: there is none.
func NewPoller() *Poller { return nil }

// Close implements io.Closer.
func (*Poller) Close() error { return nil }

func (*Poller) add(int, *Socket) error { return nil }

func (*Poller) modify(int, *Socket, bool) {}

func (*Poller) drop(int) {}

func (*Poller) remove(*Socket) {}
