package actors

import "github.com/sockvisor/sockvisor/messages"

// OnOpen returns what is sent first on the socket of an epoch. It runs inside the
// connection: it must be quick. A panic, or a message that cannot be sent, fails the
// epoch with a [messages.HandlerError].
type OnOpen func(epoch uint64) []*messages.Send

// WithOnOpen has messages sent after every open, ahead of all that is queued: a login,
// the subscriptions. So they restore themselves, and what waited comes after them.
func WithOnOpen(f OnOpen) Option {
	return func(c *settings) {
		if c.onOpen = f; f == nil {
			c.problem = invalid("WithOnOpen", "must not be nil")
		}
	}
}

// WithFirst is WithOnOpen for the same messages every time.
func WithFirst(all ...*messages.Send) Option {
	return WithOnOpen(func(uint64) []*messages.Send { return all })
}

// sendFirst hands them to the socket before the mailbox turns to the queue of sends.
func (c *connection) sendFirst() {
	if c.conn.config.onOpen == nil {
		return
	}
	all, err := c.first()
	if err != nil {
		c.fail(err)
		return
	}
	for _, m := range all {
		if c.failure == nil {
			c.send(m)
		}
	}
}

func (c *connection) first() (all []*messages.Send, err error) {
	defer contained("WithOnOpen", &err)
	all = c.conn.config.onOpen(c.epoch)
	for _, m := range all {
		if err := m.Validate(); err != nil {
			return nil, &messages.HandlerError{Reason: err, In: "WithOnOpen"}
		}
	}
	return all, nil
}
