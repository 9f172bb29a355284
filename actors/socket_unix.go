//go:build unix

package actors

import (
	"errors"
	"net"
	"syscall"
)

// tryWriter writes what the kernel takes at once. Its function is made once and
// takes its argument from the struct: a closure a write would be an allocation.
// Whoever is busy may use it.
type tryWriter struct {
	raw   syscall.RawConn
	try   func(fd uintptr) bool
	bytes []byte
	n     int
	err   error
}

func newTryWriter(conn net.Conn) *tryWriter {
	raw := rawConn(conn)
	if raw == nil {
		return nil
	}
	w := &tryWriter{raw: raw}
	w.try = w.once
	return w
}

// write returns how much was taken: nothing, if the kernel cannot be asked.
func (w *tryWriter) write(p []byte) (int, error) {
	if w == nil {
		return 0, nil
	}
	w.bytes, w.n, w.err = p, 0, nil
	err := w.raw.Write(w.try)
	w.bytes = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}

// once returns true: done, do not wait for the socket to become writable.
func (w *tryWriter) once(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), w.bytes)
		switch {
		case err == nil:
			w.n = n
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EAGAIN):
			w.err = err
		}
		return true
	}
}
