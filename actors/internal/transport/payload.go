package transport

import (
	"sync"

	"github.com/sockvisor/sockvisor/actors/internal/wire"
)

// A large payload goes to the kernel from where it is, in one call with the bytes before it;
// one that is masked by the block. (Copied into the buffer, 1 MiB cost as much again as the
// system call, and as much garbage.)

// maskBlock is how much is masked at a time: it is still in the processor's cache when the
// kernel takes it.
const maskBlock = 64 << 10

var maskBlocks = sync.Pool{New: func() any { return new([maskBlock]byte) }}

// writeNow writes what the kernel takes at once. What it does not is left in b.
func (s *Socket) writeNow(b *buffer) error {
	for b.size() > 0 {
		tried, n, err := s.writeNext(b)
		if err != nil {
			return err
		}
		if b.sent(n); n < tried {
			return nil
		}
	}
	return nil
}

// writeNext has the kernel take what is next, or some of it.
func (s *Socket) writeNext(b *buffer) (tried, n int, err error) {
	bytes, p := b.next()
	switch {
	case p == nil:
		n, err = s.kernel.write(bytes)
		return len(bytes), n, err
	case !p.masked:
		n, err = s.kernel.writev(bytes, p.bytes)
		return len(bytes) + len(p.bytes), n, err
	default:
		block := maskBlocks.Get().(*[maskBlock]byte)
		defer maskBlocks.Put(block)
		filled := fillBlock(block, bytes, p)
		n, err = s.kernel.write(filled)
		return len(filled), n, err
	}
}

// writeLater writes all of b, waiting for the kernel.
func (s *Socket) writeLater(b *buffer) error {
	for b.size() > 0 {
		bytes, p := b.next()
		n, err := 0, error(nil)
		switch {
		case len(bytes) > 0:
			n, err = len(bytes), s.writeAll(bytes)
		case !p.masked:
			n, err = len(p.bytes), s.writeAll(p.bytes)
		default:
			n, err = s.writeMasked(p)
		}
		if err != nil {
			return err
		}
		b.sent(n)
	}
	return nil
}

// writeMasked writes a block of a payload.
func (s *Socket) writeMasked(p *payload) (int, error) {
	block := maskBlocks.Get().(*[maskBlock]byte)
	defer maskBlocks.Put(block)
	filled := fillBlock(block, nil, p)
	return len(filled), s.writeAll(filled)
}

// fillBlock returns the bytes, and what there is room for of the payload, masked.
func fillBlock(block *[maskBlock]byte, bytes []byte, p *payload) []byte {
	n := copy(block[:], bytes)
	if n < len(bytes) {
		return block[:n]
	}
	masked := min(len(block)-n, len(p.bytes))
	wire.Mask(block[n:n+masked], p.bytes[:masked], p.key[:])
	return block[:n+masked]
}
