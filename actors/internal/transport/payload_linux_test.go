package transport

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// frameOf reads a frame, and returns its opcode and its payload.
func frameOf(t *testing.T, from *bufio.Reader, masked bool) (wire.Opcode, []byte) {
	t.Helper()
	head, err := from.Peek(2)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := wire.ParseHeader(head)
	for size := 3; !ok; size++ {
		if head, err = from.Peek(size); err != nil {
			t.Fatal(err)
		}
		f, ok = wire.ParseHeader(head)
	}
	frame := make([]byte, f.FrameSize())
	if _, err := io.ReadFull(from, frame); err != nil || f.Masked != masked {
		t.Fatalf("a frame, masked %t: %v", f.Masked, err)
	}
	data := frame[f.Size:]
	if masked {
		wire.Mask(data, data, frame[f.Size-wire.KeySize:f.Size])
	}
	return f.Opcode, data
}

// Messages of every size arrive whole and in order, whatever the kernel takes at a time,
// with the pongs between them, and what was written is as it was.
func TestPayloadsArrive(t *testing.T) {
	sizes := []int{
		0, 1, largePayload - 1, largePayload, 200_000, 5, 65535, 65536, maskBlock, maskBlock - 14, 3, 1 << 20, 1<<20 + 7, 64, 4 << 20, 9,
	}
	for name, pair := range map[string]func(t *testing.T) (net.Conn, net.Conn){
		"asking the kernel": func(t *testing.T) (net.Conn, net.Conn) {
			fds := socketPair(t)
			return connOf(t, fds[0]), connOf(t, fds[1])
		},
		"in memory": func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() },
	} {
		for _, masked := range []bool{false, true} {
			for _, corked := range []bool{false, true} {
				t.Run(fmt.Sprint(name, masked, corked), func(t *testing.T) {
					mine, peer := pair(t)
					defer peer.Close()
					s := New(mine, Options{Maximum: 64 << 20, WriteTimeout: time.Minute, Masks: masked})
					defer s.Abort()
					s.StartFraming()
					if corked {
						s.Cork()
					}
					go func() {
						for i, size := range sizes {
							_ = s.WriteFrame(wire.OpcodeBinary, patternOf(i, size))
							_, _ = s.Write(wire.AppendFrame(nil, wire.OpcodePong, []byte{byte(i)}, masked))
						}
						s.Flush()
					}()
					messages, pongs := 0, 0
					for from := bufio.NewReaderSize(peer, 100); messages < len(sizes) || pongs < len(sizes); {
						switch op, data := frameOf(t, from, masked); {
						case op == wire.OpcodePong && bytes.Equal(data, []byte{byte(pongs)}):
							pongs++
						case op == wire.OpcodeBinary && bytes.Equal(data, patternOf(messages, sizes[messages])):
							messages++
						default:
							t.Fatalf("got %d of %d bytes after %d messages and %d pongs", op, len(data), messages, pongs)
						}
					}
				})
			}
		}
	}
}

// patternOf returns a payload like no other.
func patternOf(i, size int) []byte {
	b := make([]byte, size)
	for at := range b {
		b[at] = byte(at*7 + at>>8 + i)
	}
	return b
}

// A payload is sent from where it is, by a server: nothing copies it, and the buffer that
// goes back to the pool does not know it any more.
func TestLargePayloadIsNotCopied(t *testing.T) {
	b := &buffer{}
	data := patternOf(1, largePayload)
	b.appendFrame(wire.OpcodeBinary, []byte("small"), false)
	b.appendFrame(wire.OpcodeBinary, data, false)
	if head, p := b.next(); p == nil || &p.bytes[0] != &data[0] || len(head)+len(data) != b.size() {
		t.Fatal("it is not where it was")
	}
	large := b.large
	if recycle(b); large[0].bytes != nil || b.size() != 0 {
		t.Error("the pool keeps it")
	}
}

// What is sent by pieces of any size is the same bytes.
func TestBufferSent(t *testing.T) {
	for _, piece := range []int{1, 3, 100, 4096, largePayload + 4} {
		b := &buffer{}
		var want []byte
		for i, size := range []int{3, largePayload, largePayload + 1, 0, 5} {
			b.appendFrame(wire.OpcodeBinary, patternOf(i, size), false)
			want = wire.AppendFrame(want, wire.OpcodeBinary, patternOf(i, size), false)
		}
		var got []byte
		for b.size() > 0 {
			next, p := b.next()
			if p != nil {
				next = append(bytes.Clone(next), p.bytes...)
			}
			n := min(piece, len(next))
			got = append(got, next[:n]...)
			b.sent(n)
		}
		if !bytes.Equal(got, want) || len(b.large) > 0 {
			t.Errorf("by %d bytes it is other bytes", piece)
		}
	}
}
