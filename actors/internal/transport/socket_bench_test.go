package transport

import (
	"io"
	"net"
	"testing"
	"time"
)

// BenchmarkCork is 64 small writes: each a system call of its own, or all in one.
func BenchmarkCork(b *testing.B) {
	for name, cork := range map[string]bool{"corked": true, "uncorked": false} {
		b.Run(name, func(b *testing.B) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer listener.Close()
			go func() {
				if conn, err := listener.Accept(); err == nil {
					_, _ = io.Copy(io.Discard, conn)
				}
			}()
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			s := New(conn, Options{Maximum: 1 << 20, WriteTimeout: time.Minute})
			defer s.Abort()
			message := make([]byte, 66)
			b.SetBytes(64 * int64(len(message)))
			b.ReportAllocs()
			for range b.N {
				if cork {
					s.Cork()
				}
				for range 64 {
					if _, err := s.Write(message); err != nil {
						b.Fatal(err)
					}
				}
				s.Flush()
			}
		})
	}
}
