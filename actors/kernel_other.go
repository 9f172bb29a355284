//go:build !linux

package actors

// Unread is for Linux: elsewhere the kernel is not asked.
func (*socket) Unread() int { return 0 }

// outflow is likewise: what the kernel accepts must do.
func (*socket) outflow() (o outflow) { return o }
