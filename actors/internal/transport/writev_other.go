//go:build unix && !linux

package transport

// writeBoth is two system calls where nothing in Go's standard library makes one of them.
func (c *syscallNow) writeBoth(fd uintptr) {
	c.writeTo(fd)
	if c.err != nil || c.n < len(c.bytes) {
		return
	}
	first := c.n
	c.bytes = c.behind
	c.writeTo(fd)
	c.n += first
}
