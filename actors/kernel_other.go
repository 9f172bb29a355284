//go:build !linux

package actors

// unread is for Linux: elsewhere the kernel is not asked.
func (*socket) unread() int { return 0 }

// outflow is likewise: what the kernel accepts must do.
func (*socket) outflow() (o outflow) { return o }
