//go:build !unix

package transport

import "net"

// try cannot ask this system's kernel: every write waits on a goroutine, and so
// does the reader.
type try struct{}

func (*try) init(net.Conn) bool { return false }

func (*try) known() bool { return false }

func (*try) control(func(fd uintptr)) error { return nil }

func (*try) write([]byte) (int, error) { return 0, nil }

func (*try) read([]byte) (int, error) { return 0, nil }

func (*try) wait(func() bool) error { return nil }
