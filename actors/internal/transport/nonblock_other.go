//go:build !unix

package transport

import "net"

// nonblock cannot ask this system's kernel: every write waits on a goroutine, and so
// does the reader.
type nonblock struct{}

func (*nonblock) init(net.Conn) bool { return false }

func (*nonblock) known() bool { return false }

func (*nonblock) control(func(fd uintptr)) error { return nil }

func (*nonblock) write([]byte) (int, error) { return 0, nil }

func (*nonblock) writev(_, _ []byte) (int, error) { return 0, nil }

func (*nonblock) read([]byte) (int, error) { return 0, nil }

func (*nonblock) wait(func() bool) error { return nil }
