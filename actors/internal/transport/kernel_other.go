//go:build !linux

package transport

// Unread is for Linux: elsewhere the kernel is not asked.
func (*Socket) Unread() int { return 0 }

// outflow is likewise: what the kernel accepts must do.
func (*Socket) outflow() (o outflow) { return o }
